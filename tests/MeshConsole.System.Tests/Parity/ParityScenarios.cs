namespace MeshConsole.System.Tests.Parity;

/// <summary>The requests that both servers get, in their order. Each scenario has a fresh namespace.</summary>
internal static class ParityScenarios
{
    private const string Maps = "api/v1/namespaces/{ns}/configmaps";
    private const string Secrets = "api/v1/namespaces/{ns}/secrets";
    private const string Pods = "api/v1/namespaces/{ns}/pods";
    private const string Leases = "apis/coordination.k8s.io/v1/namespaces/{ns}/leases";
    private const string Routes = "apis/networking.istio.io/v1beta1/namespaces/{ns}/virtualservices";
    private const string HttpRoutes = "apis/gateway.networking.k8s.io/v1/namespaces/{ns}/httproutes";
    private const string JsonPatch = "application/json-patch+json";
    private const string MergePatch = "application/merge-patch+json";
    private const string StrategicPatch = "application/strategic-merge-patch+json";

    private const string Route = """
        {"apiVersion":"networking.istio.io/v1beta1","kind":"VirtualService","metadata":{"name":"card"},
         "spec":{"hosts":["card"],"http":[{"route":[{"destination":{"host":"card","subset":"v1"},"weight":90},{"destination":{"host":"card","subset":"v2"},"weight":10}]}]}}
        """;

    private const string HttpRoute = """
        {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"card"},
         "spec":{"parentRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"edge"}],"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"backendRefs":[{"name":"v1","port":80,"weight":90},{"name":"v2","port":80,"weight":10}]}]}}
        """;

    /// <summary>The scenario about what the meshes' own schemas refuse.</summary>
    public const string NeedsUpstreamSchemas = "schemas";

    public static IReadOnlyDictionary<string, IReadOnlyList<ParityStep>> All { get; } = new Dictionary<string, IReadOnlyList<ParityStep>>(StringComparer.Ordinal)
    {
        ["create"] =
        [
            new("POST", Maps, Map("a", "one")) { Compare = Compare.Object },
            new("POST", Maps, Map("a", "one")),
            new("POST", Maps, """{"metadata":{"name":"bare"}}""") { Compare = Compare.Object },
            new("POST", Maps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"labelled","labels":{"app":"x"},"annotations":{"note":"ünï\u2028"}},"data":{"k":"v"}}""") { Compare = Compare.Object },
            new("GET", Maps + "/labelled") { Compare = Compare.Object },
            new("POST", "api/v1/namespaces/nowhere/configmaps", """{"metadata":{"name":"a"}}"""),
            new("POST", Maps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b","namespace":"other"}}"""),
            new("POST", Maps, """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, """{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"b"}}""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, """{"metadata":{}}"""),
            new("POST", Maps, """{"metadata":{"name":"Big"}}"""),
            new("POST", Maps, """{"metadata":{"name":"a..b"}}"""),
            new("POST", Maps, """{"metadata":{"name":"b","resourceVersion":"1"}}""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, """{"metadata":{"name":"b","labels":{"app":"a b"}}}"""),
            new("POST", Maps, """{"metadata":{"name":"b","labels":{"a/b/c":"x"}}}"""),
            new("POST", Maps, """{"metadata":{"name":"b","labels":{"":"x"}}}""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, """{"metadata":{"name":"b","labels":{"app":1}}}""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, """{"metadata":{"name":1}}""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, """{"metadata":""") { Compare = Compare.CodeAndReason },
            new("POST", Maps, "[]") { Compare = Compare.CodeAndReason },
            new("POST", Maps, "") { Compare = Compare.CodeAndReason },
            new("POST", Maps, "a: b") { MediaType = "text/plain", Compare = Compare.CodeAndReason },
            new("POST", Maps + "?dryRun=All", Map("dry", "one")) { Compare = Compare.Object },
            new("GET", Maps + "/dry"),
            new("POST", Maps + "?dryRun=Some", Map("dry", "one")),
            new("POST", Maps + "/a", Map("a", "one")),
            new("POST", Secrets, """{"metadata":{"name":"s"},"stringData":{"password":"hunter2"}}""") { Compare = Compare.Object },
            new("POST", "api/v1/namespaces", """{"metadata":{"name":"Not_A_Name"}}"""),
            new("POST", "api/v1/namespaces/{ns}/services", """{"metadata":{"name":"1st"},"spec":{"ports":[{"port":80}]}}""") { Compare = Compare.CodeAndReason },
        ],
        ["read"] =
        [
            new("GET", Maps + "/nothing"),
            new("GET", "api/v1/namespaces/nowhere"),
            new("GET", "api/v1/namespaces/nowhere/configmaps") { Compare = Compare.Answer },
            new("GET", "api/v1/gadgets"),
            new("GET", "api/v1/namespaces/{ns}/gadgets/x"),
            new("GET", "apis/networking.istio.io/v1beta1/gadgets") { Compare = Compare.Code },
            new("GET", "apis/example.com/v1/gadgets") { Compare = Compare.Code },
            new("GET", "apis/example.com") { Compare = Compare.Code },
            new("GET", "apis/apps/v2/deployments") { Compare = Compare.Code },
            new("GET", Routes + "/nothing"),
            new("PUT", Maps, "{}"),
            new("PATCH", Maps, "{}") { MediaType = MergePatch },
            new("POST", "api/v1/configmaps", "{}"),
            new("DELETE", "api/v1/configmaps"),
            new("DELETE", "api/v1/namespaces"),
            new("GET", Maps + "?labelSelector=app%3Da%3Db") { Compare = Compare.CodeAndReason },
            new("GET", Maps + "?labelSelector=app%20in%20(a") { Compare = Compare.CodeAndReason },
            new("GET", Maps + "?fieldSelector=spec.x%3Da") { Compare = Compare.CodeAndReason },
            new("GET", Routes + "?fieldSelector=spec.hosts%3Da") { Compare = Compare.CodeAndReason },
            new("GET", Maps + "?limit=x") { Compare = Compare.CodeAndReason },
            new("GET", Maps + "?continue=garbage") { Compare = Compare.CodeAndReason },
            new("GET", Maps + "?resourceVersionMatch=Exact"),
            new("GET", Maps + "?resourceVersionMatch=Exact&resourceVersion=0"),
            new("GET", Maps + "?resourceVersionMatch=Sometimes&resourceVersion=1"),
            new("GET", Maps + "?resourceVersion=99999999"),
            new("GET", "livez") { Compare = Compare.Code },
            new("GET", "healthz") { Compare = Compare.Code },
            new("GET", "version") { Compare = Compare.Code },
            new("POST", "version", "{}") { Compare = Compare.Code },
        ],
        ["list"] =
        [
            new("POST", Maps, Labelled("m-0", "\"app\":\"a\",\"tier\":\"1\"")),
            new("POST", Maps, Labelled("m-1", "\"app\":\"b\",\"tier\":\"2\"")),
            new("POST", Maps, Labelled("m-2", "\"app\":\"a\"")),
            new("POST", Maps, Labelled("m-3", "\"other\":\"\"")),
            new("GET", Maps) { Compare = Compare.Object, RememberAs = "all" },
            new("GET", Maps + "?labelSelector=app%3Da") { Compare = Compare.Object },
            new("GET", Maps + "?labelSelector=app!%3Da") { Compare = Compare.Object },
            new("GET", Maps + "?labelSelector=app%20in%20(a,b),tier") { Compare = Compare.Object },
            new("GET", Maps + "?labelSelector=app%20notin%20(a)") { Compare = Compare.Object },
            new("GET", Maps + "?labelSelector=!app") { Compare = Compare.Object },
            new("GET", Maps + "?labelSelector=other%3D") { Compare = Compare.Object },
            new("GET", Maps + "?labelSelector=tier%3E1") { Compare = Compare.Object },
            new("GET", Maps + "?fieldSelector=metadata.name%3Dm-1") { Compare = Compare.Object },
            new("GET", Maps + "?fieldSelector=metadata.name!%3Dm-1,metadata.namespace%3D{ns}") { Compare = Compare.Object },
            new("GET", Maps + "?limit=2") { Compare = Compare.Object, RememberAs = "page" },
            new("POST", Maps, Labelled("m-20", "")),
            new("DELETE", Maps + "/m-3") { Compare = Compare.Code },
            new("GET", Maps + "?limit=1&continue={continue:page}") { Compare = Compare.Object, RememberAs = "page" },
            new("GET", Maps + "?limit=2&continue={continue:page}") { Compare = Compare.Object },
            new("GET", Maps + "?continue={continue:page}&resourceVersion=1"),
            new("GET", Maps + "?limit=1&labelSelector=app%3Da") { Compare = Compare.Object, RememberAs = "chosen" },
            new("GET", Maps + "?limit=5&labelSelector=app%3Da&continue={continue:chosen}") { Compare = Compare.Object },
            new("GET", Maps + "?resourceVersion={rv:all}&resourceVersionMatch=Exact") { Compare = Compare.Object },
            new("GET", Maps + "?resourceVersion={rv:all}&limit=10") { Compare = Compare.Object },
            new("GET", Maps + "?resourceVersion={rv:all}&resourceVersionMatch=NotOlderThan") { Compare = Compare.CodeAndReason },
        ],
        ["watch"] =
        [
            new("POST", Maps, Labelled("a", "\"app\":\"x\"")) { RememberAs = "a" },
            new("GET", Maps + "?watch=true&timeoutSeconds=20&fieldSelector=metadata.name%3Da") { Events = 1, Compare = Compare.Object },
            new("PATCH", Maps + "/a", """{"data":{"k":"1"}}""") { MediaType = MergePatch },
            new("PATCH", Maps + "/a", """{"metadata":{"labels":{"app":"y"}}}""") { MediaType = MergePatch },
            new("POST", Maps, Labelled("b", "\"app\":\"x\"")),
            new("PATCH", Maps + "/a", """{"metadata":{"labels":{"app":"x"}}}""") { MediaType = MergePatch },
            new("DELETE", Maps + "/a") { Compare = Compare.Code },
            new("GET", Maps + "?watch=true&timeoutSeconds=20&resourceVersion={rv:a}") { Events = 5, Compare = Compare.Object },
            new("GET", Maps + "?watch=true&timeoutSeconds=20&resourceVersion={rv:a}&labelSelector=app%3Dx") { Events = 5, Compare = Compare.Object },
            new("GET", Maps + "?watch=true&resourceVersionMatch=Exact&resourceVersion=1"),
        ],
        ["update"] =
        [
            new("POST", Maps, Map("a", "one")) { RememberAs = "old" },
            new("PUT", Maps + "/a", Map("a", "two")) { Compare = Compare.Object, RememberAs = "new" },
            new("PUT", Maps + "/a", """{"metadata":{"name":"a","resourceVersion":"{rv:old}"},"data":{"k":"three"}}"""),
            new("PUT", Maps + "/a", """{"metadata":{"name":"a","resourceVersion":"{rv:new}"},"data":{"k":"three"}}""") { Compare = Compare.Object },
            new("PUT", Maps + "/a", """{"metadata":{"name":"b"}}"""),
            new("PUT", Maps + "/a", """{"metadata":{}}"""),
            new("PUT", Maps + "/a", """{"metadata":{"name":"a","namespace":"other"}}"""),
            new("PUT", Maps + "/a", """{"metadata":{"name":"a","uid":"00000000-0000-4000-8000-000000000000"}}""") { Compare = Compare.CodeAndReason },
            new("PUT", Maps + "/b", Map("b", "x")),
            new("PUT", Maps + "/a?dryRun=All", Map("a", "dry")) { Compare = Compare.Object },
            new("GET", Maps + "/a") { Compare = Compare.Object },
            new("POST", Routes, Route) { Compare = Compare.Object, RememberAs = "route" },
            new("PUT", Routes + "/card", Route),
            new("PUT", Routes + "/card", Route.Replace("\"card\"}", "\"card\",\"resourceVersion\":\"{rv:route}\",\"generation\":7}", StringComparison.Ordinal).Replace("90", "80", StringComparison.Ordinal)) { Compare = Compare.Object },
            new("PUT", Routes + "/card", Route.Replace("\"card\"}", "\"card\",\"resourceVersion\":\"{rv:route}\"}", StringComparison.Ordinal)),
            new("PUT", Leases + "/l", """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":"a"}}""") { Compare = Compare.Object },
            new("PUT", Leases + "/l", """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":"b"}}"""),
        ],
        ["json patch"] =
        [
            new("POST", Routes, Route) { RememberAs = "route" },
            Patch("""[{"op":"test","path":"/spec/http/0/route/0/weight","value":90},{"op":"replace","path":"/spec/http/0/route/0/weight","value":75}]""") with { Compare = Compare.Object },
            Patch("""[{"op":"test","path":"/spec/http/0/route/0/weight","value":90},{"op":"replace","path":"/spec/http/0/route/0/weight","value":50}]"""),
            Patch("""[{"op":"test","path":"/metadata/resourceVersion","value":"{rv:route}"},{"op":"replace","path":"/spec/http/0/route/0/weight","value":50}]"""),
            Patch("""[{"op":"replace","path":"/metadata/resourceVersion","value":"{rv:route}"},{"op":"replace","path":"/spec/http/0/route/0/weight","value":50}]"""),
            Patch("""[{"op":"remove","path":"/spec/nothing"}]"""),
            Patch("""[{"op":"add","path":"/spec/a/b/c","value":1}]"""),
            Patch("""[{"op":"add","path":"/spec/http/9","value":{}}]"""),
            Patch("""[{"op":"nonsense","path":"/spec"}]"""),
            Patch("{}") with { Compare = Compare.CodeAndReason },
            Patch("[1]") with { Compare = Compare.CodeAndReason },
            Patch("[") with { Compare = Compare.CodeAndReason },
            Patch("""[{"op":"add","path":"/metadata/labels","value":{"team":"cards"}}]""") with { Compare = Compare.Object },
            Patch("""[{"op":"copy","from":"/metadata/labels/team","path":"/metadata/labels/owner"},{"op":"move","from":"/metadata/labels/team","path":"/metadata/labels/squad"}]""") with { Compare = Compare.Object },
            Patch("""[{"op":"add","path":"/metadata/annotations","value":{"a~b/c":"x"}},{"op":"remove","path":"/metadata/annotations/a~0b~1c"}]""") with { Compare = Compare.CodeAndReason },
            Patch("""[{"op":"add","path":"/spec/http/0/route/-","value":{"destination":{"host":"other"},"weight":5}},{"op":"remove","path":"/spec/http/0/route/1"}]""") with { Compare = Compare.Object },
            Patch("[]") with { Compare = Compare.Object },
            Patch("""[{"op":"replace","path":"/metadata/name","value":"b"}]"""),
            Patch("""[{"op":"replace","path":"/metadata/uid","value":"00000000-0000-4000-8000-000000000000"}]"""),
            Patch("""[{"op":"replace","path":"/kind","value":"Gateway"}]""") with { Compare = Compare.CodeAndReason },
            new("PATCH", Routes + "/card?dryRun=All", """[{"op":"replace","path":"/spec/http/0/route/0/weight","value":1}]""") { MediaType = JsonPatch, Compare = Compare.Object },
            new("PATCH", Routes + "/card?dryRun=Never", "[]") { MediaType = JsonPatch },
            new("PATCH", Routes + "/nothing", "[]") { MediaType = JsonPatch },
            new("GET", Routes + "/card") { Compare = Compare.Object },
            new("GET", "apis/networking.istio.io/v1alpha3/namespaces/{ns}/virtualservices/card") { Compare = Compare.Object },
        ],
        [NeedsUpstreamSchemas] =
        [
            new("POST", Routes, Route),
            Patch("""[{"op":"replace","path":"/spec/http/0/route/0/weight","value":"75"}]""") with { Compare = Compare.CodeAndReason },
            Patch("""[{"op":"replace","path":"/spec/http/0/route/0/weight","value":7.5}]""") with { Compare = Compare.CodeAndReason },
            Patch("""[{"op":"remove","path":"/spec/http/0/route/0/destination"}]""") with { Compare = Compare.CodeAndReason },
            Patch("""[{"op":"replace","path":"/spec/http","value":{}}]""") with { Compare = Compare.CodeAndReason },
            Patch("""[{"op":"remove","path":"/spec/http/0/route/0/weight"}]""") with { Compare = Compare.Object },
            new("POST", HttpRoutes, HttpRoute),
            new("PATCH", HttpRoutes + "/card", """[{"op":"replace","path":"/spec/rules/0/backendRefs/0/weight","value":-1}]""") { MediaType = JsonPatch, Compare = Compare.CodeAndReason },
            new("PATCH", HttpRoutes + "/card", """[{"op":"replace","path":"/spec/rules/0/backendRefs/0/weight","value":1000001}]""") { MediaType = JsonPatch, Compare = Compare.CodeAndReason },
            new("PATCH", HttpRoutes + "/card", """[{"op":"replace","path":"/spec/rules/0/backendRefs/0/weight","value":0}]""") { MediaType = JsonPatch },
        ],
        ["merge patch"] =
        [
            new("POST", Maps, """{"metadata":{"name":"a","labels":{"x":"y"}},"data":{"keep":"1","drop":"2"}}"""),
            new("PATCH", Maps + "/a", """{"data":{"drop":null,"new":"3"}}""") { MediaType = MergePatch, Compare = Compare.Object, RememberAs = "a" },
            new("PATCH", Maps + "/a", """{"data":{"new":"3"}}""") { MediaType = MergePatch, Compare = Compare.Object },
            new("PATCH", Maps + "/a", """{"metadata":{"resourceVersion":"1"},"data":{"new":"4"}}""") { MediaType = MergePatch },
            new("PATCH", Maps + "/a", """{"metadata":{"resourceVersion":"{rv:a}"},"data":{"new":"4"}}""") { MediaType = MergePatch, Compare = Compare.Object },
            new("PATCH", Maps + "/a", """{"metadata":{"labels":null}}""") { MediaType = MergePatch, Compare = Compare.Object },
            new("PATCH", Maps + "/a", """{"metadata":{"name":"b"}}""") { MediaType = MergePatch },
            new("PATCH", Maps + "/a", """{"metadata":{"namespace":"b"}}""") { MediaType = MergePatch },
            new("PATCH", Maps + "/a", """{"metadata":{"uid":"00000000-0000-4000-8000-000000000000"}}""") { MediaType = MergePatch },
            new("PATCH", Maps + "/a", """{"metadata":{"labels":{"x":"not valid"}}}""") { MediaType = MergePatch },
            new("PATCH", Maps + "/a", """{"apiVersion":"v2"}""") { MediaType = MergePatch, Compare = Compare.CodeAndReason },
            new("PATCH", Maps + "/a", "{}") { MediaType = "application/json" , Compare = Compare.CodeAndReason },
            new("PATCH", Maps + "/a", """{"data":{"strategic":"5"}}""") { MediaType = StrategicPatch, Compare = Compare.Object },
            new("POST", Routes, Route),
            new("PATCH", Routes + "/card", "{}") { MediaType = StrategicPatch, Compare = Compare.CodeAndReason },
            new("PATCH", Routes + "/card", """{"status":{"x":1},"spec":{"gateways":["mesh"]}}""") { MediaType = MergePatch, Compare = Compare.Object },
            new("PATCH", Routes + "/card/status", """{"status":{"observedGeneration":2},"spec":{"gateways":["other"]}}""") { MediaType = MergePatch, Compare = Compare.CodeAndReason },
            new("GET", Routes + "/card/scale") { Compare = Compare.Code },
        ],
        ["delete"] =
        [
            new("POST", Maps, Map("a", "one")) { RememberAs = "a" },
            new("DELETE", Maps + "/a", """{"preconditions":{"uid":"00000000-0000-4000-8000-000000000000"}}""") { Compare = Compare.CodeAndReason },
            new("DELETE", Maps + "/a", """{"preconditions":{"resourceVersion":"1"}}""") { Compare = Compare.CodeAndReason },
            new("DELETE", Maps + "/a?dryRun=All") { Compare = Compare.Code },
            new("DELETE", Maps + "/a", """{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"{uid:a}","resourceVersion":"{rv:a}"}}""") { Compare = Compare.Object },
            new("DELETE", Maps + "/a"),
            new("DELETE", Maps + "/a", "x") { Compare = Compare.CodeAndReason },
            new("POST", Routes, Route),
            new("DELETE", Routes + "/card") { Compare = Compare.Object },
            new("POST", Maps, Labelled("x", "\"app\":\"a\"")),
            new("POST", Maps, Labelled("y", "\"app\":\"b\"")),
            new("DELETE", Maps + "?labelSelector=app%3Da") { Compare = Compare.Code },
            new("GET", Maps) { Compare = Compare.Object },
            new("POST", Maps, """{"metadata":{"name":"held","finalizers":["example.com/hold"]}}"""),
            new("DELETE", Maps + "/held") { Compare = Compare.Code },
            new("GET", Maps + "/held") { Compare = Compare.Code },
            new("PATCH", Maps + "/held", """{"metadata":{"finalizers":null}}""") { MediaType = MergePatch, Compare = Compare.Code },
            new("GET", Maps + "/held"),
        ],
        ["access"] =
        [
            new("GET", Maps) { User = "unknown" },
            new("GET", "version") { User = "unknown" },
            new("GET", Maps) { User = "limited" },
            new("GET", Maps + "/a") { User = "limited" },
            new("GET", Maps + "?watch=true") { User = "limited" },
            new("GET", "api/v1/configmaps") { User = "limited" },
            new("POST", Maps, Map("a", "x")) { User = "limited" },
            new("PATCH", Routes + "/card", "[]") { User = "limited", MediaType = JsonPatch },
            new("PATCH", Routes + "/card/status", "[]") { User = "limited", MediaType = JsonPatch },
            new("DELETE", Pods) { User = "limited" },
            new("GET", "api/v1/nodes/n") { User = "limited" },
            new("GET", "api/v1/namespaces/{ns}") { User = "limited" },
            new("GET", "apis/example.com/v1/gadgets") { User = "limited" },
            new("GET", "version") { User = "limited", Compare = Compare.Code },
            new("GET", "api/v1/namespaces/{ns}/secrets") { User = "reader", Compare = Compare.Answer },
            new("GET", "api/v1/namespaces/{ns}/configmaps") { User = "reader", Compare = Compare.Answer },
            new("GET", "api/v1/namespaces/other/configmaps") { User = "reader", Compare = Compare.Answer },
            new("POST", "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Access("list", "", "configmaps")) { User = "reader", Compare = Compare.Code },
            new("POST", "apis/authorization.k8s.io/v1/subjectaccessreviews", Access("list", "", "configmaps")) { User = "reader" },
            new("POST", "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """{"spec":{}}""") { Compare = Compare.CodeAndReason },
            new("POST", "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Access("patch", "networking.istio.io", "virtualservices")) { User = "limited", Compare = Compare.Object },
            new("GET", "apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
            new("POST", "apis/authentication.k8s.io/v1/tokenreviews", """{"spec":{"token":"wrong"}}""") { Compare = Compare.Code },
            new("POST", "apis/authentication.k8s.io/v1/tokenreviews", """{"spec":{}}""") { Compare = Compare.CodeAndReason },
        ],
    };

    private static ParityStep Patch(string patch) => new("PATCH", Routes + "/card", patch) { MediaType = JsonPatch };

    private static string Map(string name, string value) =>
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME"},"data":{"k":"VALUE"}}""".Replace("NAME", name, StringComparison.Ordinal).Replace("VALUE", value, StringComparison.Ordinal);

    private static string Labelled(string name, string labels) =>
        """{"metadata":{"name":"NAME","labels":{LABELS}}}""".Replace("NAME", name, StringComparison.Ordinal).Replace("LABELS", labels, StringComparison.Ordinal);

    private static string Access(string verb, string group, string resource) =>
        """{"spec":{"resourceAttributes":{"verb":"VERB","group":"GROUP","resource":"RESOURCE","namespace":"{ns}"}}}"""
            .Replace("VERB", verb, StringComparison.Ordinal).Replace("GROUP", group, StringComparison.Ordinal).Replace("RESOURCE", resource, StringComparison.Ordinal);
}
