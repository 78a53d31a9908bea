using MeshConsole.Mesh.Changes;

namespace MeshConsole.Configuration;

/// <summary>Section <c>MeshConsole</c> of the configuration (appsettings.json, environment, command line).</summary>
public sealed class MeshConsoleOptions
{
    /// <summary>Name of the section.</summary>
    public const string SectionName = "MeshConsole";

    /// <summary>Runs the embedded payments mesh; null means: when no cluster is configured.</summary>
    public bool? Demo { get; set; }

    /// <summary>One entry per cluster.</summary>
    public List<ClusterOptions> Clusters { get; set; } = [];

    public TelemetryOptions Telemetry { get; set; } = new();

    public StorageOptions Storage { get; set; } = new();

    public AuditOptions Audit { get; set; } = new();

    public AuthOptions Auth { get; set; } = new();

    public ChangesOptions Changes { get; set; } = new();

    public NotificationOptions Notifications { get; set; } = new();

    /// <summary>Address under which people reach the console, for links in notifications; null: no links.</summary>
    public string? PublicUrl { get; set; }

    public CertificateOptions Certificates { get; set; } = new();

    public MtlsOptions Mtls { get; set; } = new();

    public TimelineOptions Timeline { get; set; } = new();

    public IncidentOptions Incidents { get; set; } = new();

    /// <summary>Links to traces, dashboards and logs, in the order in which they are shown.</summary>
    public List<LinkOptions> Links { get; set; } = [];

    /// <summary>Whether the embedded payments mesh runs.</summary>
    public bool RunsDemo => Demo ?? Clusters.Count == 0;

    /// <summary>The rules for writes, with the look-back that readiness for STRICT is judged by.</summary>
    public ChangePolicy ToPolicy() => Changes.ToPolicy(RunsDemo) with { StrictLookback = Mtls.EffectiveLookback(RunsDemo) };
}
