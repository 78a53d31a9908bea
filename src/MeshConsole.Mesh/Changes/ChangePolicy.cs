using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes;

/// <summary>The rules for writes that the configuration sets. Hashed into what approvals are bound to.</summary>
public sealed record ChangePolicy
{
    public static ChangePolicy Default { get; } = new();

    /// <summary>Whether anything may be written at all.</summary>
    public bool Enabled { get; init; }

    /// <summary>Largest step of a backend's share, in percentage points.</summary>
    public int MaxStepPercent { get; init; } = 50;

    /// <summary>Steps of the default plan: percentages of the canary.</summary>
    public ImmutableArray<int> DefaultSteps { get; init; } = [1, 5, 25, 50, 100];

    public TimeSpan MinSoak { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>People who must approve a change of ordinary risk.</summary>
    public int RequiredApprovals { get; init; } = 1;

    /// <summary>People who must approve a change of high risk: a critical namespace, or a step above <see cref="HighRiskStepPercent"/>.</summary>
    public int HighRiskApprovals { get; init; } = 2;

    public int HighRiskStepPercent { get; init; } = 75;

    /// <summary>Namespaces in which every change is of high risk.</summary>
    public ImmutableArray<string> CriticalNamespaces { get; init; } = [];

    /// <summary>Total movement, in percentage points, up to which no approval is needed; 0: always needed.</summary>
    public int NoApprovalUpToPercent { get; init; }

    /// <summary>How long a request waits for decisions, and an approval for its start.</summary>
    public TimeSpan ApprovalLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Namespaces in which nothing is written.</summary>
    public ImmutableArray<string> ReadOnlyNamespaces { get; init; } = [];

    /// <summary>Starts of changes per hour and cluster.</summary>
    public int MaxStartsPerHour { get; init; } = 20;

    /// <summary>How much history must be free of plaintext before a policy may refuse it.</summary>
    public TimeSpan StrictLookback { get; init; } = TimeSpan.FromHours(24);

    public ImmutableArray<FreezeWindow> FreezeWindows { get; init; } = [];
}

/// <summary>A time in which nothing is changed (or, with <paramref name="Allow"/>, the only times in which anything is).</summary>
/// <param name="Schedule">Start, as a cron expression of five fields in the window's time zone.</param>
/// <param name="Duration">Wall-clock length: across a change to or from daylight saving the end is where the clock says.</param>
/// <param name="TimeZone">IANA id.</param>
/// <param name="Namespaces">Empty: all.</param>
public sealed record FreezeWindow(string Name, string Schedule, TimeSpan Duration, string TimeZone, ImmutableArray<string> Namespaces, bool Allow = false);
