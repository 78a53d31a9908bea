using System.Text.Json.Nodes;
using MeshConsole.Simulator.Certificates;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>The gateway's certificate has five days left because cert-manager's renewals have been failing for weeks.</summary>
internal sealed class GatewayExpiring()
    : ScenarioScript("gateway-expiring", "Gateway certificate about to expire", "The gateway's certificate has five days left and its renewal keeps failing.")
{
    private static readonly WriteOptions s_writer = new() { FieldManager = "cert-manager-certificates-issuing" };

    private JsonObject? _secret;
    private JsonObject? _certificate;

    public override void Begin(ScenarioStage stage, DateTimeOffset now)
    {
        var objects = stage.Model.Objects;
        _secret = objects.Find(ResourceTypes.Secrets, MeshCertificates.GatewayNamespace, MeshCertificates.GatewaySecret)?.ToJson();
        _certificate = objects.Find(ResourceTypes.Certificates, MeshCertificates.GatewayNamespace, "pay-example")?.ToJson();
        var (notBefore, notAfter) = (now - TimeSpan.FromDays(85), now + TimeSpan.FromDays(5));
        objects.Put(ResourceTypes.Secrets, stage.Model.Certificates.GatewaySecretOf(notBefore, notAfter, notBefore), s_writer);
        objects.Put(ResourceTypes.Certificates, MeshCertificates.GatewayCertificate(notBefore, notAfter, failing: true, now), s_writer);
    }

    public override void End(ScenarioStage stage, DateTimeOffset now)
    {
        if (_secret is not null) stage.Model.Objects.Put(ResourceTypes.Secrets, _secret, s_writer);
        if (_certificate is not null) stage.Model.Objects.Put(ResourceTypes.Certificates, _certificate, s_writer);
    }
}
