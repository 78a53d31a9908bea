namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// How far another machine's clock is from the console's, by the <c>Date</c> of its last HTTP answer. Certificates are
/// judged by the console's clock; the difference is told and corrects nothing.
/// </summary>
/// <param name="Name">Whose clock: <c>API server</c>, <c>Prometheus</c>.</param>
/// <param name="Ahead">Positive: the other clock is ahead of the console's.</param>
/// <param name="Uncertainty">The true difference is within this: half of the request's time, and the second that a Date is cut to.</param>
/// <param name="At">When it was measured.</param>
public sealed record ClockSkew(string Name, TimeSpan Ahead, TimeSpan Uncertainty, DateTimeOffset At)
{
    /// <summary>Differences below this are what networks and whole seconds make.</summary>
    private static readonly TimeSpan s_few = TimeSpan.FromSeconds(5);

    /// <summary>The clocks differ by more than a few seconds, whatever the measurement's error.</summary>
    public bool IsNotable => Ahead.Duration() - Uncertainty > s_few;

    /// <summary>Measures one answer.</summary>
    /// <param name="date">Date of the answer, cut to the second.</param>
    /// <param name="sent">The console's clock when the request left.</param>
    /// <param name="received">The console's clock when the head of the answer was there.</param>
    public static ClockSkew Of(string name, DateTimeOffset date, DateTimeOffset sent, DateTimeOffset received)
    {
        var half = TimeSpan.FromMilliseconds(500);
        return new ClockSkew(name, date + half - (sent + ((received - sent) / 2)), ((received - sent).Duration() / 2) + half, received);
    }
}
