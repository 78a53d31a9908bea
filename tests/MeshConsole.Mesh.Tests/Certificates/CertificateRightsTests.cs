using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Snapshots;
using YamlDotNet.RepresentationModel;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class CertificateRightsTests
{
    private const string WholeCluster = "The console's account may not list and watch secrets in all namespaces: certificates of gateways and issuers are not shown. Grant it list and watch on secrets with a ClusterRole, or name the namespaces it may read in the cluster's Namespaces setting. The server said: secrets is forbidden: User \"limited\" cannot list resource \"secrets\" in API group \"\" at the cluster scope";

    private const string OneByOne = "The console's account may not list and watch secrets in namespace payments: certificates are not shown. Grant it. The server said: secrets is forbidden: User \"system:serviceaccount:ops:meshconsole\" cannot list resource \"secrets\" in API group \"\" in the namespace \"payments\" The same holds for ledger, risk";

    [Fact]
    public void Right_RefusedForTheCluster_IsAClusterRoleForThatUser()
    {
        var right = CertificateRights.Of(Given.Snapshot(Given.ClusterOf(sources: [Source("kubernetes/secrets", WholeCluster)])), MeshQuery.All).ShouldHaveSingleItem();
        right.What.ShouldBe("Certificates of gateways and webhooks, and what istiod signs with");
        Documents(right.Yaml).ShouldBe(["ClusterRole meshconsole-secrets ", "ClusterRoleBinding meshconsole-secrets "]);
        right.Yaml.ShouldContain("verbs: [get, list, watch]");
        right.Yaml.ShouldContain("  - kind: User\n    name: \"limited\"");
    }

    [Fact]
    public void Right_RefusedInNamespaces_IsARoleInEachForThatServiceAccount()
    {
        var yaml = CertificateRights.Yaml("", "secrets", OneByOne);
        Documents(yaml).ShouldBe(
        [
            "Role meshconsole-secrets payments", "RoleBinding meshconsole-secrets payments",
            "Role meshconsole-secrets ledger", "RoleBinding meshconsole-secrets ledger",
            "Role meshconsole-secrets risk", "RoleBinding meshconsole-secrets risk",
        ]);
        yaml.ShouldContain("  - kind: ServiceAccount\n    name: meshconsole\n    namespace: ops");
    }

    [Fact]
    public void Right_OfAHostileName_FallsBackToTheAccountOfTheManifests() =>
        CertificateRights.Yaml("", "secrets", "refused in all namespaces: User \"x\nrules: [*]\" cannot").ShouldContain("    name: meshconsole\n    namespace: meshconsole");

    [Fact]
    public void KindThatIsNotServed_IsNoMatterOfRights() =>
        CertificateRights.Of(Given.Snapshot(Given.ClusterOf(sources: [Source("kubernetes/certificates", "Certificate objects are not served by this cluster.")])), MeshQuery.All).ShouldBeEmpty();

    private static SourceStatus Source(string name, string message) => new(name, SourceState.Disabled, Given.Now, null, message);

    private static IEnumerable<string> Documents(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        foreach (var document in stream.Documents)
        {
            var root = (YamlMappingNode)document.RootNode;
            var meta = (YamlMappingNode)root["metadata"];
            yield return $"{root["kind"]} {meta["name"]} {(meta.Children.TryGetValue("namespace", out var space) ? space.ToString() : "")}";
        }
    }
}
