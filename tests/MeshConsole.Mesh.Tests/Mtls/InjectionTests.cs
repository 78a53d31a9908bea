using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;

namespace MeshConsole.Mesh.Tests.Mtls;

/// <summary>The injection table of Istio's webhooks, and ambient's labels.</summary>
public sealed class InjectionTests
{
    [Theory]
    [InlineData("", "", "", DataPlane.None)]
    [InlineData("istio-injection=enabled", "", "", DataPlane.Sidecar)]
    [InlineData("istio-injection=enabled", "sidecar.istio.io/inject=true", "", DataPlane.Sidecar)]
    [InlineData("istio-injection=enabled", "sidecar.istio.io/inject=false", "", DataPlane.None)]
    [InlineData("istio-injection=enabled", "", "sidecar.istio.io/inject=false", DataPlane.None)]
    [InlineData("istio-injection=enabled", "sidecar.istio.io/inject=true", "sidecar.istio.io/inject=false", DataPlane.Sidecar)] // The label wins.
    [InlineData("istio-injection=disabled", "sidecar.istio.io/inject=true", "", DataPlane.None)]
    [InlineData("istio-injection=disabled;istio.io/rev=1-30", "", "", DataPlane.None)]
    [InlineData("istio-injection=something", "", "", DataPlane.None)]
    [InlineData("istio.io/rev=1-30", "", "", DataPlane.Sidecar)]
    [InlineData("istio.io/rev=1-30", "sidecar.istio.io/inject=false", "", DataPlane.None)]
    [InlineData("", "sidecar.istio.io/inject=true", "", DataPlane.Sidecar)]
    [InlineData("", "", "sidecar.istio.io/inject=true", DataPlane.None)] // No webhook selects annotations.
    [InlineData("", "istio.io/rev=1-30", "", DataPlane.Sidecar)]
    [InlineData("", "istio.io/rev=1-30;sidecar.istio.io/inject=false", "", DataPlane.None)]
    [InlineData("istio.io/dataplane-mode=ambient", "", "", DataPlane.Ambient)]
    [InlineData("istio.io/dataplane-mode=ambient", "istio.io/dataplane-mode=none", "", DataPlane.None)]
    [InlineData("", "istio.io/dataplane-mode=ambient", "", DataPlane.Ambient)]
    [InlineData("istio.io/dataplane-mode=ambient;istio-injection=enabled", "", "", DataPlane.Sidecar)] // A pod with a sidecar is not captured.
    public void Expected_ByLabels(string space, string labels, string annotations, DataPlane expected)
    {
        Injection.Expected(Of(space), Of(labels), Of(annotations), hostNetwork: false).ShouldBe(expected);
        Injection.Expected(Of(space), Of(labels), Of(annotations), hostNetwork: true).ShouldBe(DataPlane.None);
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Of(string pairs) => Given.Labels(pairs.Split(';', StringSplitOptions.RemoveEmptyEntries));
}
