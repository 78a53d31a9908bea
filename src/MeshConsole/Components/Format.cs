using System.Globalization;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Components;

/// <summary>
/// Numbers and times as the reader sees them: three significant digits, the unit after a thin space that does not break,
/// <c>—</c> for what is not known. Pure, and independent of the server's culture.
/// </summary>
public static class Format
{
    /// <summary>What stands where a number is not known; the place that draws it also says why.</summary>
    public const string NotKnown = "—";

    /// <summary>U+202F: thin, and a line does not break at it.</summary>
    public const char Thin = '\u202f';

    /// <summary>No duration that a mesh understands is longer.</summary>
    private const int LongestWritten = 24;

    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>Three significant digits; from ten thousand on with k, M or G.</summary>
    public static string Number(double? value) => value is { } known ? Number(known, out var scale) + scale : NotKnown;

    /// <summary>Requests per second; per minute under 0.1/s, where "0.03/s" would make the reader calculate.</summary>
    public static string Rate(double? perSecond) => perSecond switch
    {
        null => NotKnown,
        { } rate when double.IsNaN(rate) => NotKnown,
        0 => $"0{Thin}/s",
        { } rate when Math.Abs(rate) < 0.1 => $"{Significant(rate * 60)}{Thin}/min",
        { } rate => $"{Number(rate, out var scale)}{Thin}{scale}/s",
    };

    /// <summary>Milliseconds below one second, then seconds, then minutes.</summary>
    public static string Latency(double? milliseconds) => milliseconds switch
    {
        null => NotKnown,
        { } ms when double.IsNaN(ms) => NotKnown,
        { } ms when double.IsPositiveInfinity(ms) => "∞",
        { } ms when Math.Abs(ms) < 999.5 => $"{Significant(ms)}{Thin}ms",
        { } ms when Math.Abs(ms) < 59_950 => $"{Significant(ms / 1000)}{Thin}s",
        { } ms => $"{Significant(ms / 60_000)}{Thin}min",
    };

    /// <summary>Like <see cref="Latency"/> where there is little room: two significant digits, milliseconds without their unit, which the legend beside it gives.</summary>
    public static string LatencyShort(double milliseconds) => Math.Abs(milliseconds) switch
    {
        < 0.05 => "0",
        < 9.95 => milliseconds.ToString("0.0", s_culture),
        < 999.5 => milliseconds.ToString("0", s_culture),
        < 9_950 => (milliseconds / 1000).ToString("0.0", s_culture) + "s",
        < 59_500 => (milliseconds / 1000).ToString("0", s_culture) + "s",
        _ => (milliseconds / 60_000).ToString("0", s_culture) + "min",
    };

    /// <summary>A difference of latencies, with its sign.</summary>
    public static string SignedLatency(double? milliseconds) =>
        milliseconds is > 0 ? "+" + Latency(milliseconds) : Latency(milliseconds);

    /// <summary>
    /// A share 0..1 as percent with one decimal, without it when the share is a whole percent. What is not all never reads
    /// as 100 %, and what is not nothing never as 0 %.
    /// </summary>
    public static string Percent(double? share)
    {
        if (share is not { } known || double.IsNaN(known))
        {
            return NotKnown;
        }

        var percent = known * 100;
        if (percent is > 0 and < 0.1)
        {
            return $"<{Thin}0.1{Thin}%";
        }

        if (percent is > 99.9 and < 100)
        {
            return $">{Thin}99.9{Thin}%";
        }

        var whole = Math.Round(percent);
        var text = Math.Abs(percent - whole) < 1e-9 ? whole.ToString("0", s_culture) : percent.ToString("0.0", s_culture);
        return $"{text}{Thin}%";
    }

    public static string Bytes(double? perSecond)
    {
        if (perSecond is not { } rate || double.IsNaN(rate))
        {
            return NotKnown;
        }

        return rate switch
        {
            < 1_000 => $"{Significant(rate)}{Thin}B/s",
            < 1_000_000 => $"{Significant(rate / 1_000)}{Thin}kB/s",
            < 1_000_000_000 => $"{Significant(rate / 1_000_000)}{Thin}MB/s",
            _ => $"{Significant(rate / 1_000_000_000)}{Thin}GB/s",
        };
    }

    /// <summary>A whole number with thin spaces between thousands.</summary>
    public static string Count(long? count) =>
        count is { } known ? known.ToString("#,0", s_culture).Replace(',', Thin) : NotKnown;

    /// <summary>"1 workload", "3 workloads".</summary>
    public static string Plural(int count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";

    /// <summary>The one largest unit that is not zero: "11 h", "5 d", "60 s". Never negative.</summary>
    public static string Duration(TimeSpan duration)
    {
        var seconds = Math.Floor(Math.Abs(duration.TotalSeconds));
        return seconds switch
        {
            < 120 => $"{seconds.ToString("0", s_culture)}{Thin}s",
            < 120 * 60 => $"{Math.Floor(seconds / 60).ToString("0", s_culture)}{Thin}min",
            < 48 * 3600 => $"{Math.Floor(seconds / 3600).ToString("0", s_culture)}{Thin}h",
            < 730 * 86400d => $"{Math.Floor(seconds / 86400).ToString("0", s_culture)}{Thin}d",
            _ => $"{Math.Floor(seconds / (365.25 * 86400)).ToString("0", s_culture)}{Thin}years",
        };
    }

    /// <summary>A duration as Kubernetes objects write it (<c>8s</c>, <c>500ms</c>, <c>2m</c>) with our blank before the unit; what is written otherwise stays.</summary>
    public static string Written(string duration)
    {
        var digits = duration.TakeWhile(character => char.IsAsciiDigit(character) || character == '.').Count();
        return digits == 0 ? Middle(duration, LongestWritten) : duration[digits..] switch
        {
            "ms" or "s" or "h" => $"{duration[..digits]}{Thin}{duration[digits..]}",
            "m" => $"{duration[..digits]}{Thin}min",
            _ => Middle(duration, LongestWritten),
        };
    }

    /// <summary>"4 s ago". The browser keeps it growing with the same words (Client/src/age.ts).</summary>
    public static string Age(TimeSpan age)
    {
        var seconds = Math.Max(0, Math.Floor(age.TotalSeconds));
        return seconds switch
        {
            < 1 => "just now",
            < 60 => $"{seconds.ToString("0", s_culture)}{Thin}s ago",
            < 3600 => $"{Math.Floor(seconds / 60).ToString("0", s_culture)}{Thin}min ago",
            < 48 * 3600 => $"{Math.Floor(seconds / 3600).ToString("0", s_culture)}{Thin}h ago",
            _ => $"{Math.Floor(seconds / 86400).ToString("0", s_culture)}{Thin}d ago",
        };
    }

    /// <summary>Absolute, with its zone: "2026-03-02 09:00:00 UTC".</summary>
    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", s_culture) + " UTC";

    /// <summary>For <c>datetime</c> attributes.</summary>
    public static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", s_culture);

    /// <summary>
    /// Cut in the middle: the ends of a name tell more than its centre. Never longer than <paramref name="length"/> to the eye;
    /// the direction of its letters stays its own.
    /// </summary>
    public static string Middle(string text, int length) => Bidirectional.Isolated(CutMiddle(text, length));

    /// <summary>A sentence cut at its end, at a blank where there is one near; the direction of what it names stays its own.</summary>
    public static string End(string text, int length) => Bidirectional.Isolated(CutEnd(text, length));

    private static string CutMiddle(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var head = (length - 1 + 1) / 2;
        var tail = length - 1 - head;
        if (head > 0 && char.IsHighSurrogate(text[head - 1]))
        {
            head--;
        }

        var from = text.Length - tail;
        if (from < text.Length && char.IsLowSurrogate(text[from]))
        {
            from++;
        }

        return string.Concat(text.AsSpan(0, head), "…", text.AsSpan(from));
    }

    private static string CutEnd(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var cut = text.LastIndexOf(' ', length - 1, Math.Min(length - 1, 24));
        var end = cut > 0 ? cut : length - 1;
        return (char.IsHighSurrogate(text[end - 1]) ? text[..(end - 1)] : text[..end]) + "…";
    }

    /// <summary>"namespace/name" of a node id as <c>cluster/namespace/kind/name</c>; other text unchanged.</summary>
    public static string Node(string id) => NodeId.TryParse(id, out var node) ? NodeName(node) : id;

    public static string NodeName(NodeId node) => node.Kind switch
    {
        NodeKind.Namespace => node.Name,
        NodeKind.External => node.Name,
        NodeKind.Unknown => node.Namespace == WorkloadId.UnknownName ? "unknown caller" : $"unknown in {node.Namespace}",
        _ => node.Name,
    };

    public static string Word(Health health) => health switch
    {
        Health.Healthy => "Healthy",
        Health.Degraded => "Degraded",
        Health.Failing => "Failing",
        Health.Idle => "Idle",
        _ => "Unknown",
    };

    public static string Word(MutualTlsState state) => state switch
    {
        MutualTlsState.Mutual => "Mutual TLS",
        MutualTlsState.Plaintext => "Plaintext",
        MutualTlsState.Mixed => "Mixed",
        MutualTlsState.Idle => "No traffic",
        _ => "Unknown",
    };

    public static string Word(CertificateKind kind) => kind switch
    {
        CertificateKind.Root => "Root",
        CertificateKind.Issuer => "Issuer",
        CertificateKind.Workload => "Workload",
        CertificateKind.Gateway => "Gateway",
        CertificateKind.CertManager => "cert-manager",
        CertificateKind.Webhook => "Webhook",
        _ => "Unknown",
    };

    public static string Word(CertificateState state) => state switch
    {
        CertificateState.Valid => "Valid",
        CertificateState.Late => "Late",
        CertificateState.Expiring => "Expiring",
        CertificateState.Expired => "Expired",
        _ => "Unknown",
    };

    private static string Number(double value, out string scale)
    {
        var magnitude = Math.Abs(value);
        (var divisor, scale) = magnitude switch
        {
            < 9_995 => (1d, ""),
            < 9_995_000 => (1e3, "k"),
            < 9_995_000_000 => (1e6, "M"),
            _ => (1e9, "G"),
        };
        return Significant(value / divisor);
    }

    private static string Significant(double value)
    {
        if (double.IsNaN(value))
        {
            return NotKnown;
        }

        var magnitude = Math.Abs(value);
        if (magnitude == 0)
        {
            return "0";
        }

        if (magnitude < 0.0005)
        {
            return value < 0 ? ">-0.001" : "<0.001";
        }

        if (magnitude >= 999.5)
        {
            return (Math.Round(value / 10, MidpointRounding.AwayFromZero) * 10).ToString("#,0", s_culture).Replace(',', Thin);
        }

        // The exponent of the rounded value: 9.996 is 10.0, not 10.00.
        var decimals = magnitude switch
        {
            >= 99.95 => 0,
            >= 9.995 => 1,
            >= 0.1 => 2,
            _ => 3,
        };
        return value.ToString(decimals switch { 0 => "0", 1 => "0.0", 2 => "0.00", _ => "0.000" }, s_culture);
    }
}
