using System.Collections.Immutable;
using MeshConsole.Mesh.Changes;

namespace MeshConsole.Configuration;

/// <summary>Rules for writes; see <see cref="ChangePolicy"/> for what each means.</summary>
public sealed class ChangesOptions
{
    /// <summary>A demo is tried in minutes.</summary>
    private static readonly TimeSpan s_demoSoak = TimeSpan.FromSeconds(45);

    /// <summary>Null means: on the embedded mesh yes, on a real cluster no.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Largest step of a share, in percentage points.</summary>
    public int MaxStepPercent { get; set; } = ChangePolicy.Default.MaxStepPercent;

    /// <summary>Percentages of the canary in the default plan, growing.</summary>
    public List<string> DefaultSteps { get; set; } = [];

    /// <summary>Shortest soak of a stage; null means five minutes, and 45 seconds on the embedded mesh.</summary>
    public TimeSpan? MinSoak { get; set; }

    public int RequiredApprovals { get; set; } = ChangePolicy.Default.RequiredApprovals;

    public int HighRiskApprovals { get; set; } = ChangePolicy.Default.HighRiskApprovals;

    /// <summary>Total movement of a share, in percentage points, from which a change is of high risk.</summary>
    public int HighRiskStepPercent { get; set; } = ChangePolicy.Default.HighRiskStepPercent;

    /// <summary>Namespaces in which every change is of high risk.</summary>
    public List<string> CriticalNamespaces { get; set; } = [];

    /// <summary>Total movement, in percentage points, up to which nobody has to approve.</summary>
    public int NoApprovalUpToPercent { get; set; } = ChangePolicy.Default.NoApprovalUpToPercent;

    public TimeSpan ApprovalLifetime { get; set; } = ChangePolicy.Default.ApprovalLifetime;

    /// <summary>Namespaces in which nothing is written.</summary>
    public List<string> ReadOnlyNamespaces { get; set; } = [];

    public int MaxStartsPerHour { get; set; } = ChangePolicy.Default.MaxStartsPerHour;

    public List<FreezeWindowOptions> FreezeWindows { get; set; } = [];

    /// <param name="demo">Whether the embedded mesh runs.</param>
    public ChangePolicy ToPolicy(bool demo) => new()
    {
        Enabled = Enabled ?? demo,
        MaxStepPercent = MaxStepPercent,
        DefaultSteps = DefaultSteps.Count == 0 ? ChangePolicy.Default.DefaultSteps : [.. DefaultSteps.Select(step => int.Parse(step, System.Globalization.CultureInfo.InvariantCulture))],
        MinSoak = MinSoak ?? (demo ? s_demoSoak : ChangePolicy.Default.MinSoak),
        RequiredApprovals = RequiredApprovals,
        HighRiskApprovals = HighRiskApprovals,
        HighRiskStepPercent = HighRiskStepPercent,
        CriticalNamespaces = Sorted(CriticalNamespaces),
        NoApprovalUpToPercent = NoApprovalUpToPercent,
        ApprovalLifetime = ApprovalLifetime,
        ReadOnlyNamespaces = Sorted(ReadOnlyNamespaces),
        MaxStartsPerHour = MaxStartsPerHour,
        FreezeWindows = [.. FreezeWindows.Select(window => window.ToWindow())],
    };

    // The policy is hashed: the order in a file must not make another policy of it.
    private static ImmutableArray<string> Sorted(List<string> names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

/// <summary>A time in which nothing changes, or with <see cref="Allow"/> the only times in which anything does.</summary>
public sealed class FreezeWindowOptions
{
    public string Name { get; set; } = "";

    /// <summary>Start: a cron expression of five fields, for example <c>0 22 * * 5</c>.</summary>
    public string Schedule { get; set; } = "";

    public TimeSpan Duration { get; set; }

    /// <summary>IANA id, for example <c>Europe/Berlin</c>.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Empty means all.</summary>
    public List<string> Namespaces { get; set; } = [];

    public bool Allow { get; set; }

    public FreezeWindow ToWindow() => new(Name, Schedule, Duration, TimeZone, [.. Namespaces], Allow);
}
