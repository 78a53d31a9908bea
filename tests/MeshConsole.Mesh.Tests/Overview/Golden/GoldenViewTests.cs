using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Overview.Golden;

public sealed class GoldenViewTests
{
    public static TheoryData<string> Routes => GoldenCase.With("routes");

    public static TheoryData<string> Policies => GoldenCase.With("policies");

    public static TheoryData<string> Mtls => GoldenCase.With("mtls");

    public static TheoryData<string> Certificates => GoldenCase.With("certificates");

    public static TheoryData<string> Overview => GoldenCase.With("overview");

    [Theory]
    [MemberData(nameof(Routes))]
    public void Routes_OfCase_AreAsWritten(string name)
    {
        var one = GoldenCase.Named(name);
        one.Check("routes", RouteInventory.Build(one.Snapshot(), MeshQuery.All));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Policies_OfCase_AreAsWritten(string name)
    {
        var one = GoldenCase.Named(name);
        one.Check("policies", EffectivePolicies.Build(one.Snapshot(), MeshQuery.All));
    }

    [Theory]
    [MemberData(nameof(Mtls))]
    public void Mtls_OfCase_IsAsWritten(string name)
    {
        var one = GoldenCase.Named(name);
        one.Check("mtls", MtlsCoverageBuilder.Build(one.Snapshot(), MeshQuery.All));
    }

    [Theory]
    [MemberData(nameof(Certificates))]
    public void Certificates_OfCase_AreAsWritten(string name)
    {
        var one = GoldenCase.Named(name);
        one.Check("certificates", CertificateInventory.Build(one.Snapshot(), MeshQuery.All, CertificateThresholds.Default));
    }

    [Theory]
    [MemberData(nameof(Overview))]
    public void Overview_OfCase_IsAsWritten(string name)
    {
        var one = GoldenCase.Named(name);
        one.Check("overview", OverviewBuilder.Build(one.Snapshot(), MeshQuery.All, CertificateThresholds.Default));
    }
}
