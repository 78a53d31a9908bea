using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// Free loopback ports for servers that cannot be given port 0, or must come back on the port they had. No port is given out
/// twice in one run of tests.
/// </summary>
public static class LoopbackPorts
{
    private static readonly HashSet<int> s_taken = [];
    private static readonly Lock s_gate = new();

    public static int Take()
    {
        lock (s_gate)
        {
            while (true)
            {
                using var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                var port = ((IPEndPoint)listener.LocalEndpoint).Port;
                if (s_taken.Add(port))
                {
                    return port;
                }
            }
        }
    }
}
