using System.Globalization;

namespace MeshConsole.Components.Past;

/// <summary>Why a pinned instant cannot be shown, and what to do.</summary>
/// <param name="TryAgain">Whether asking once more may help.</param>
internal sealed record PastFault(string Title, string Detail, bool TryAgain = false);

/// <summary>Pinned instants in words.</summary>
internal static class PastWords
{
    /// <summary>"Sat 28 Nov 02:14:00" on the reader's wall.</summary>
    public static string Of(DateTimeOffset at, ReaderZone zone) =>
        zone.ToWall(at).ToString("ddd d MMM HH:mm:ss", CultureInfo.InvariantCulture) + (zone == ReaderZone.Utc ? " UTC" : "");

    /// <summary>As the address has it, to the second.</summary>
    public static string Address(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public static PastFault Unreadable(string? text) => new(
        $"“{Format.Middle(text ?? "", 40)}” is no instant",
        "The address pins a time in ISO 8601, such as 2026-01-31T02:14:00Z. Pick one with the clock in the top bar.");

    public static PastFault Ahead(DateTimeOffset at, ReaderZone zone) => new(
        $"{Of(at, zone)} has not come yet",
        "Only instants that are over can be shown. Pick an earlier one with the clock in the top bar.");

    public static PastFault Nothing(DateTimeOffset at, ReaderZone zone) => new(
        $"No traffic of {Of(at, zone)} is known",
        "Prometheus answers and holds nothing of that instant: it is before what Prometheus keeps (--storage.tsdb.retention.time), or nothing was scraped then. Pick a later instant with the clock in the top bar.");

    public static PastFault Silent(DateTimeOffset at, ReaderZone zone, string message) => new(
        $"What was at {Of(at, zone)} cannot be read",
        $"{message.TrimEnd('.')}. Past traffic is known to Prometheus alone. Ask again, or look at Prometheus itself.",
        TryAgain: true);
}
