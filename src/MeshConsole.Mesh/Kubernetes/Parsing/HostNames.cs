using System.Buffers;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Finds in a text what could be the host of a Service: <c>name.namespace</c> and longer wherever it stands, and a bare name
/// where an address has its host (<c>http://ledger:8080</c>).
/// </summary>
internal static class HostNames
{
    /// <summary>More names than this are kept of no object.</summary>
    private const int Most = 64;

    /// <summary>Of a host (RFC 1035) and of its parts: <c>name.namespace.svc.cluster.local</c> has five, other domains a few more.</summary>
    private const int LongestHost = 253;
    private const int LongestLabel = 63;
    private const int MostLabels = 8;

    private static readonly SearchValues<char> s_afterAuthority = SearchValues.Create("/?# \t\r\n\"'");

    public static void Collect(string text, ISet<string> found)
    {
        var from = 0;
        while (from < text.Length && found.Count < Most)
        {
            var afterScheme = text.AsSpan(0, from).EndsWith("://", StringComparison.Ordinal);
            if (afterScheme)
            {
                from += UserInfo(text.AsSpan(from));
            }

            var to = from;
            while (to < text.Length && IsOfName(text[to]))
            {
                to++;
            }

            // A sentence may end in the dot; a name may be written with the dot of the root. What stands before an @ is a
            // user's name or password, in an address or without one.
            var name = text.AsSpan(from, to - from).TrimEnd('.');
            if (IsHost(name, alone: afterScheme) && !(to < text.Length && text[to] == '@'))
            {
                found.Add(name.ToString().ToLowerInvariant());
            }

            from = Math.Max(to, from + 1);
        }
    }

    /// <summary>Length of <c>user:password@</c> at the beginning of an address without its scheme.</summary>
    private static int UserInfo(ReadOnlySpan<char> address)
    {
        var end = address.IndexOfAny(s_afterAuthority);
        return (end < 0 ? address : address[..end]).LastIndexOf('@') + 1;
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.';

    /// <param name="alone">A single label counts too.</param>
    private static bool IsHost(ReadOnlySpan<char> name, bool alone)
    {
        if (name.Length is 0 or > LongestHost)
        {
            return false;
        }

        var labels = 0;
        foreach (var range in name.Split('.'))
        {
            var label = name[range];
            labels++;
            if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }
        }

        // Names of Services begin with a letter (RFC 1035): addresses and versions do not.
        return char.IsAsciiLetter(name[0]) && labels <= MostLabels && (labels > 1 || alone);
    }
}
