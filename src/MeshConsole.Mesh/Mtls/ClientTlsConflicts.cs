using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>One client-side TLS setting that callers of a workload go by.</summary>
/// <param name="Host">Fully qualified host of the Service it is for.</param>
/// <param name="ContainerPort">Container port the setting is about; null when it is about all ports or the port cannot be told.</param>
internal sealed record ClientSetting(ClientTlsSetting Setting, string Host, int? ContainerPort);

/// <summary>Callers of a Service for whom a mesh configuration switched off what they would do by themselves.</summary>
/// <param name="ContainerPorts">Ports at which no DestinationRule tells them what to send; default when one of them cannot be told.</param>
internal sealed record UntoldCallers(AutoMtlsOff Off, string Host, ImmutableArray<int> ContainerPorts);

/// <summary>Who has to speak what the callers are told to speak.</summary>
internal enum ServerSide
{
    /// <summary>Every pod has a sidecar.</summary>
    Sidecar,

    /// <summary>Some pods have a sidecar and some have none.</summary>
    Mixed,

    /// <summary>No pod has a proxy of Istio.</summary>
    None,

    /// <summary>ztunnel, over HBONE.</summary>
    Ambient,
}

/// <summary>
/// What becomes of calls when a DestinationRule meets the mode of the callee. The rules are those of Istio's proxies:
/// DISABLE is plaintext; ISTIO_MUTUAL is mutual TLS always; SIMPLE and MUTUAL are TLS without Istio's certificates, which the
/// callee's proxy passes on to the application unless it is STRICT. Between proxies that speak HBONE the tunnel is encrypted
/// whatever the rule says: DISABLE and ISTIO_MUTUAL change nothing there, SIMPLE and MUTUAL are sent inside it.
/// </summary>
internal static class ClientTlsConflicts
{
    /// <summary>Every setting of the Services of a workload that is about this workload.</summary>
    public static List<ClientSetting> SettingsOf(ClusterPolicies policies, Workload workload)
    {
        var settings = new List<ClientSetting>();
        foreach (var service in policies.ServicesOf(workload.Id))
        {
            foreach (var setting in policies.ClientTls.For(service.Host, service.Id.Namespace))
            {
                if (setting.Subset is null || ServiceResolver.Selects(setting.SubsetLabels, workload.Labels))
                {
                    settings.Add(new ClientSetting(setting, service.Host, setting.Port is { } port ? ClusterPolicies.TargetPort(service, port) : null));
                }
            }
        }

        return settings;
    }

    /// <summary>Callers that send plaintext to a workload because auto mTLS is off for them and no DestinationRule tells them otherwise.</summary>
    public static List<UntoldCallers> UntoldOf(ClusterPolicies policies, Workload workload)
    {
        var untold = new List<UntoldCallers>();
        foreach (var off in policies.Mesh.Off)
        {
            foreach (var service in policies.ServicesOf(workload.Id))
            {
                var left = policies.ClientTls.LeftToAuto(service.Host, service.Id.Namespace, service.Ports.IsDefault ? [] : service.Ports.Select(port => port.Port));
                if (!left.IsEmpty)
                {
                    var ports = left.Select(port => ClusterPolicies.TargetPort(service, port)).ToList();
                    untold.Add(new UntoldCallers(off, service.Host, ports.Contains(null) ? default : [.. ports.Select(port => port!.Value).Distinct().Order()]));
                }
            }
        }

        return untold;
    }

    /// <summary>A sentence about callers without auto mTLS and what comes of it; null when it agrees with the mode.</summary>
    public static string? Conflict(UntoldCallers untold, PeerMode mode, ServerSide side) =>
        Outcome(ClientTlsMode.Disable, mode, side) is { } outcome ? $"{Words(untold)}: {outcome}." : null;

    public static string Words(UntoldCallers untold) => string.Create(
        CultureInfo.InvariantCulture,
        $"{MeshSettings.Words(untold.Off.Configuration)} sets enableAutoMtls to false for {untold.Off.Proxies} {(untold.Off.Proxies == 1 ? "proxy" : "proxies")} of revision {untold.Off.Configuration.Revision}, and no DestinationRule tells them all what to send to {untold.Host}");

    public static ServerSide SideOf(Workload workload) => workload.DataPlane switch
    {
        DataPlane.Ambient => ServerSide.Ambient,
        DataPlane.Sidecar => workload.PodsWithProxy < workload.Pods.Count(pod => pod.Phase is PodPhase.Running or PodPhase.Pending or PodPhase.Unknown) ? ServerSide.Mixed : ServerSide.Sidecar,
        _ => ServerSide.None,
    };

    /// <summary>A sentence about the setting and what comes of it; null when it agrees with the mode.</summary>
    public static string? Conflict(ClientSetting client, PeerMode mode, ServerSide side) =>
        Outcome(client.Setting.Mode, mode, side) is { } outcome ? $"{Words(client)}: {outcome}." : null;

    /// <summary>What becomes of the calls, in words; null when nothing is wrong with them.</summary>
    internal static string? Outcome(ClientTlsMode client, PeerMode server, ServerSide side) => client switch
    {
        ClientTlsMode.Auto => null,
        ClientTlsMode.Disable => (side, server) switch
        {
            (ServerSide.None, _) or (ServerSide.Sidecar or ServerSide.Mixed, PeerMode.Disable) => null,
            (ServerSide.Ambient, PeerMode.Strict) => "callers without HBONE send plaintext, which STRICT refuses; over HBONE they are encrypted all the same",
            (ServerSide.Ambient, _) => null,
            (_, PeerMode.Strict) => "they send plaintext, which STRICT refuses: the calls fail (503, flags UF or UC)",
            _ => "they send plaintext, which PERMISSIVE accepts",
        },
        ClientTlsMode.IstioMutual => (side, server) switch
        {
            (ServerSide.None, _) => "they ask for mutual TLS of pods that have no proxy to speak it: the calls fail",
            (ServerSide.Ambient, _) => null,
            (_, PeerMode.Disable) => "they ask for mutual TLS where DISABLE accepts plaintext only: the calls fail",
            (ServerSide.Mixed, _) => "they ask for mutual TLS, which the pods without proxy cannot speak: the calls to those fail",
            _ => null,
        },
        ClientTlsMode.Simple or ClientTlsMode.Mutual => (side, server) switch
        {
            (ServerSide.Sidecar or ServerSide.Mixed, PeerMode.Strict) => "they use TLS without Istio's certificates, which STRICT refuses: the calls fail",
            (ServerSide.Ambient, _) => "their own TLS is sent inside HBONE: this works only if the application itself speaks TLS",
            _ => "they use TLS without Istio's certificates: this works only if the application itself speaks TLS",
        },
        ClientTlsMode.Unreadable => "its tls mode is none that Istio knows",
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, null),
    };

    /// <summary>Whether calls fail, whatever the application itself speaks: the outcomes that say so.</summary>
    internal static bool Refuses(ClientTlsMode client, PeerMode server, ServerSide side) => (client, side, server) switch
    {
        (ClientTlsMode.Disable, ServerSide.Sidecar or ServerSide.Mixed or ServerSide.Ambient, PeerMode.Strict) => true,
        (ClientTlsMode.Simple or ClientTlsMode.Mutual, ServerSide.Sidecar or ServerSide.Mixed, PeerMode.Strict) => true,
        (ClientTlsMode.IstioMutual, ServerSide.None or ServerSide.Mixed, _) or (ClientTlsMode.IstioMutual, ServerSide.Sidecar, PeerMode.Disable) => true,
        _ => false,
    };

    /// <summary>The setting in words: object, mode, callers, host, port, subset.</summary>
    public static string Words(ClientSetting client)
    {
        var setting = client.Setting;
        var mode = setting.Mode switch
        {
            ClientTlsMode.Disable => "tls mode DISABLE",
            ClientTlsMode.IstioMutual => "tls mode ISTIO_MUTUAL",
            ClientTlsMode.Simple => "tls mode SIMPLE",
            ClientTlsMode.Mutual => "tls mode MUTUAL",
            _ => "a tls mode",
        };
        var port = setting.Port is { } number ? string.Create(CultureInfo.InvariantCulture, $" port {number}") : "";
        var subset = setting.Subset is { } name ? $" subset {name}" : "";
        return $"{PeerAuthentication.Words(setting.Rule)} sets {mode} for {setting.Callers ?? "callers"} of {client.Host}{port}{subset}";
    }
}
