using System.Globalization;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>The text form of resource versions. Only the server may know that they are numbers.</summary>
internal static class ResourceVersions
{
    public static string Format(long version) => version.ToString(CultureInfo.InvariantCulture);

    public static bool TryParse(string? text, out long version) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version);
}
