using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// The network between a client and a server: passes bytes on from a loopback port of its own, and can cut every connection,
/// refuse new ones, or go silent. With it a client can be cut off while the server goes on changing.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<long, (TcpClient Inner, TcpClient Outer)> _open = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _silence;
    private volatile bool _refusing;
    private long _accepted;

    private TcpRelay(int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Connections accepted so far.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    public static TcpRelay To(Uri server) => new(server.Port);

    /// <summary>The relay's address in the scheme of <paramref name="server"/>.</summary>
    public Uri AddressFor(Uri server) => new($"{server.Scheme}://127.0.0.1:{Port}/");

    /// <summary>Breaks every connection and turns new ones away at once.</summary>
    public void Cut()
    {
        _refusing = true;
        BreakConnections();
    }

    public void Restore() => _refusing = false;

    /// <summary>Breaks the connections there are; new ones pass.</summary>
    public void BreakConnections()
    {
        foreach (var (inner, outer) in _open.Values)
        {
            // A reset, not an orderly end: what a dead machine or a firewall leaves.
            Reset(inner);
            Reset(outer);
        }
    }

    /// <summary>Bytes stop passing in both directions while every connection stays open.</summary>
    public void FallSilent() => _silence ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void SpeakAgain()
    {
        var silence = _silence;
        _silence = null;
        silence?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        SpeakAgain();
        _listener.Stop();
        BreakConnections();
        await _accepting;
        _end.Dispose();
    }

    private static void Reset(TcpClient client)
    {
        try
        {
            // A client that its copying task has closed already has no socket any more.
            client.Client?.LingerState = new LingerOption(true, 0);
            client.Close();
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            TcpClient outer;
            try
            {
                outer = await _listener.AcceptTcpClientAsync(_end.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            if (_refusing)
            {
                Reset(outer);
                continue;
            }

            _ = ServeAsync(Interlocked.Increment(ref _accepted), outer);
        }
    }

    private async Task ServeAsync(long id, TcpClient outer)
    {
        using (outer)
        using (var inner = new TcpClient())
        {
            try
            {
                await inner.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                _open[id] = (inner, outer);
                if (_refusing)
                {
                    return;
                }

                outer.NoDelay = inner.NoDelay = true;
                await Task.WhenAny(PassAsync(outer.GetStream(), inner.GetStream()), PassAsync(inner.GetStream(), outer.GetStream()));
            }
            catch (Exception broken) when (broken is SocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // The server is away, or the connection was cut: the client sees it closed.
            }
            finally
            {
                _open.TryRemove(id, out _);
            }
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            var buffer = new byte[32 * 1024];
            int count;
            while ((count = await from.ReadAsync(buffer, _end.Token)) > 0)
            {
                if (_silence is { } silence)
                {
                    await silence.Task;
                }

                await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception broken) when (broken is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever waits for either direction ends the connection.
        }
    }
}
