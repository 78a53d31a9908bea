using System.Text;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Tests.Kubernetes.Parsing;

public sealed class ParserTests
{
    private const string InjectedPod = """
        {
          "apiVersion": "v1", "kind": "Pod",
          "status": {
            "phase": "Running", "podIP": "10.244.1.9", "podIPs": [{"ip": "10.244.1.9"}],
            "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True", "lastTransitionTime": null}],
            "initContainerStatuses": [
              {"name": "istio-init", "ready": true, "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
              {"name": "istio-proxy", "ready": true, "restartCount": 2, "state": {"running": {"startedAt": "2026-03-01T10:00:09Z"}}}
            ],
            "containerStatuses": [{"name": "card-processor", "ready": false, "restartCount": 4, "state": {"waiting": {"message": "back-off", "reason": "CrashLoopBackOff"}}}]
          },
          "metadata": {
            "name": "card-processor-v2-6d4cf56db6-x7k2p", "namespace": "payments", "uid": "0b1c", "resourceVersion": "8812", "generation": 3,
            "creationTimestamp": "2026-03-01T10:00:00Z", "deletionTimestamp": "2026-03-01T11:00:00Z",
            "labels": {"app": "card-processor", "version": "v2", "security.istio.io/tlsMode": "istio", "team/anything": "kept"},
            "annotations": {
              "sidecar.istio.io/status": "{\"revision\":\"default\"}", "istio.io/rev": "default",
              "kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":\"large\"}",
              "example.com/noise": "dropped", "kubernetes.io/config.seen": "dropped"
            },
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "card-processor-v2-6d4cf56db6", "uid": "77", "controller": true, "blockOwnerDeletion": true}],
            "managedFields": [
              {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {"f:phase": {}}}},
              {"manager": "kube-controller-manager", "fieldsV1": {"f:metadata": {}}}, {"manager": "kubelet", "subresource": "status"}
            ]
          },
          "spec": {
            "nodeName": "node-3", "serviceAccountName": "card-processor", "hostNetwork": true,
            "initContainers": [
              {"name": "istio-init", "image": "proxyv2:1.27.1", "restartPolicy": null},
              {"name": "istio-proxy", "image": "proxyv2:1.27.1", "restartPolicy": "Always", "ports": [{"containerPort": 15090, "name": "http-envoy-prom"}]}
            ],
            "containers": [{"name": "card-processor", "image": "cards:2.0", "env": [{"name": "X", "value": "containers"}], "ports": [{"containerPort": 8080}, {"name": "grpc", "containerPort": 9090}]}]
          }
        }
        """;

    [Theory]
    [InlineData("", null, null)]
    [InlineData("""{"manager": "helm", "time": "2026-03-01T10:00:00Z"}""", "helm", "2026-03-01T10:00:00Z")]
    [InlineData("""{"manager": "helm", "time": "2026-03-01T10:00:00Z"}, {"manager": "kubectl-edit", "time": "2026-03-01T10:00:01Z"}""", "kubectl-edit", "2026-03-01T10:00:01Z")]
    [InlineData("""{"manager": "kubectl-edit", "time": "2026-03-01T10:00:01Z"}, {"manager": "helm", "time": "2026-03-01T10:00:00Z"}""", "kubectl-edit", "2026-03-01T10:00:01Z")]
    [InlineData("""{"manager": "helm", "time": "2026-03-01T10:00:00Z"}, {"manager": "controller", "subresource": "status", "time": "2026-03-01T12:00:00Z"}""", "helm", "2026-03-01T10:00:00Z")]
    [InlineData("""{"manager": "helm", "time": "2026-03-01T10:00:00Z"}, {"manager": "argocd", "time": "2026-03-01T10:00:00Z"}""", null, "2026-03-01T10:00:00Z")]
    [InlineData("""{"manager": "helm"}""", null, null)]
    public void ManagedFields_TellWhoWroteLast(string managedFields, string? writer, string? at)
    {
        var parsed = Parse(new NamespaceParser([]), """{"metadata": {"name": "payments", "managedFields": [""" + managedFields + "]}}")!;

        parsed.Meta.LastWriter.ShouldBe(writer);
        parsed.Meta.WrittenAt.ShouldBe(at is null ? null : DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Pod_WithNativeSidecar_KeepsWhatTheConsoleReads()
    {
        var pod = Parse(new PodParser(), InjectedPod)!;

        pod.Meta.Name.ShouldBe("card-processor-v2-6d4cf56db6-x7k2p");
        pod.Meta.Namespace.ShouldBe("payments");
        pod.Meta.Uid.ShouldBe("0b1c");
        pod.Meta.ResourceVersion.ShouldBe("8812");
        pod.Meta.Generation.ShouldBe(3);
        pod.Meta.CreatedAt.ShouldBe(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero));
        pod.Meta.DeletedAt.ShouldBe(new DateTimeOffset(2026, 3, 1, 11, 0, 0, TimeSpan.Zero));
        pod.Meta.Labels.Select(label => $"{label.Key}={label.Value}").ShouldBe(["app=card-processor", "security.istio.io/tlsMode=istio", "team/anything=kept", "version=v2"]);
        pod.Meta.Annotations.Select(annotation => $"{annotation.Key}={annotation.Value}").ShouldBe(
            ["istio.io/rev=default", "kubectl.kubernetes.io/last-applied-configuration=", "sidecar.istio.io/status={\"revision\":\"default\"}"]);
        pod.Meta.Managers.ShouldBe(["kube-controller-manager", "kubelet"]);
        pod.Meta.Owners.ShouldBe([new OwnerReference("apps/v1", "ReplicaSet", "card-processor-v2-6d4cf56db6", "77", Controller: true)]);
        pod.Phase.ShouldBe(PodPhase.Running);
        pod.Ready.ShouldBeTrue();
        (pod.NodeName, pod.Ip, pod.ServiceAccount, pod.HostNetwork).ShouldBe(("node-3", "10.244.1.9", "card-processor", true));
        pod.Containers.Length.ShouldBe(2);
        var app = pod.Containers[0];
        (app.Name, app.Image, app.NativeSidecar, app.Ready, app.RestartCount, app.WaitingReason).ShouldBe(("card-processor", "cards:2.0", false, false, 4, "CrashLoopBackOff"));
        app.Ports.ShouldBe([8080, 9090]);
        var proxy = pod.Containers[1];
        (proxy.Name, proxy.NativeSidecar, proxy.Ready, proxy.RestartCount, proxy.WaitingReason).ShouldBe(("istio-proxy", true, true, 2, null));
        proxy.Ports.ShouldBe([15090]);
    }

    [Fact]
    public void Pod_JustCreated_IsPendingWithoutInventedValues()
    {
        var pod = Parse(new PodParser(), """{"metadata":{"name":"p","namespace":"n","creationTimestamp":null,"labels":null,"annotations":null,"ownerReferences":null},"spec":{"containers":null},"status":null}""")!;

        pod.Phase.ShouldBe(PodPhase.Unknown);
        pod.Ready.ShouldBeFalse();
        (pod.NodeName, pod.Ip, pod.ServiceAccount).ShouldBe((null, null, null));
        pod.Containers.ShouldBeEmpty();
        pod.Meta.Labels.ShouldBeEmpty();
        pod.Meta.Owners.ShouldBeEmpty();
    }

    [Fact]
    public void Pod_OfTheSameDeployment_SharesWhatRepeats()
    {
        var parser = new PodParser();
        var first = Parse(parser, InjectedPod)!;
        var second = Parse(parser, InjectedPod.Replace("x7k2p", "q9z1w", StringComparison.Ordinal))!;

        second.Meta.Labels.ShouldBeSameAs(first.Meta.Labels);
        second.Meta.Annotations.ShouldBeSameAs(first.Meta.Annotations);
        second.Meta.Owners.ShouldBe(first.Meta.Owners);
        second.Meta.Owners[0].ShouldBeSameAs(first.Meta.Owners[0]);
        second.Containers.Equals(first.Containers).ShouldBeTrue();
        second.NodeName.ShouldBeSameAs(first.NodeName);
        second.Meta.Name.ShouldBe("card-processor-v2-6d4cf56db6-q9z1w");
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"a":1},"name":"x"}}""", "metadata.labels should be a string and is another number")]
    [InlineData("""{"metadata":{"name":{}}}""", "metadata.name should be a string and is an object")]
    [InlineData("""{"metadata":{"namespace":"a"}}""", "metadata.name is missing")]
    [InlineData("""{"metadata":{"name":"x","creationTimestamp":"yesterday"}}""", "metadata.creationTimestamp should be a time and is a string that cannot be read as such")]
    [InlineData("""{"spec":{}}""", "metadata is missing")]
    [InlineData("""{"metadata":{"name":"x"},"spec":[]}""", "spec should be an object and is a list")]
    [InlineData("""{"metadata":{"name":"x"},"spec":{"containers":[3]}}""", "spec.containers should be a list of objects and is another number")]
    [InlineData("""{"metadata":{"name":"x"},"spec":{"containers":[{"image":"i"}]}}""", "spec.containers holds a container without a name")]
    [InlineData("""{"metadata":{"name":"x"},"status":{"containerStatuses":[{"name":"c","restartCount":99999999999}]}}""", "status.containerStatuses should be a whole number and is another number")]
    [InlineData("[]", "it is not a JSON object")]
    public void Pod_OfTheWrongShape_SaysWhichFieldWithoutTheValue(string json, string problem)
    {
        new PodParser().TryParse(Encoding.UTF8.GetBytes(json), out var found).ShouldBeNull();
        found.ShouldBe(problem);
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("\\")]
    [InlineData("a\nb\rc\t\0")]
    [InlineData("</script><img src=x onerror=alert(1)>")]
    [InlineData("}]}{")]
    [InlineData("ünïcödé 漢字 𝄞 \u202e")]
    public void Label_WithHostileValue_IsKeptAsItIs(string value)
    {
        var json = JsonSerializer.Serialize(new { metadata = new { name = value, labels = new Dictionary<string, string> { [value] = value } } });

        var meta = Parse(new PodParser(), json)!.Meta;

        meta.Name.ShouldBe(value);
        meta.Labels[value].ShouldBe(value);
    }

    [Fact]
    public void Label_OfFiveThousandCharacters_IsKept()
    {
        var value = string.Concat(Enumerable.Repeat("é\"", 2_500));
        var json = JsonSerializer.Serialize(new { metadata = new { name = "x", labels = new { app = value } } });

        Parse(new PodParser(), json)!.Meta.Labels["app"].ShouldBe(value);
    }

    [Fact]
    public void String_OfInvalidUtf8_MakesTheObjectMalformed()
    {
        byte[] json = [.. """{"metadata":{"name":"x","labels":{"app":" """u8, 0xff, 0xfe, .. "\"}}}"u8];

        new PodParser().TryParse(json, out var problem).ShouldBeNull();
        problem.ShouldBe("it holds text that is not valid Unicode");
        ObjectIdentity.Read(json).Name.ShouldBe("x");
    }

    [Fact]
    public void Service_AllForms_AreRead()
    {
        var service = Parse(new ServiceParser(), """
            {"metadata":{"name":"ledger","namespace":"payments"},"spec":{"type":"ClusterIP","clusterIP":"None","selector":{"app":"ledger"},
            "ports":[{"name":"http","port":80,"targetPort":8080,"protocol":"TCP","appProtocol":"http2"},{"port":90,"targetPort":"grpc"},{"port":53,"protocol":"UDP"}]}}
            """)!;

        service.Headless.ShouldBeTrue();
        service.Selector.ShouldBe(new Dictionary<string, string> { ["app"] = "ledger" });
        service.Ports.ShouldBe([new ServicePort("http", 80, "8080", "TCP", "http2"), new ServicePort(null, 90, "grpc", "TCP", null), new ServicePort(null, 53, "53", "UDP", null)]);
        var external = Parse(new ServiceParser(), """{"metadata":{"name":"bank"},"spec":{"type":"ExternalName","externalName":"api.bank.example","clusterIP":""}}""")!;
        (external.Type, external.ExternalName, external.ClusterIp, external.Headless).ShouldBe(("ExternalName", "api.bank.example", null, false));
        external.Selector.ShouldBeEmpty();
    }

    [Fact]
    public void EndpointSlice_ReadyUnsaid_CountsAsReady()
    {
        var slice = Parse(new EndpointSliceParser(), """
            {"metadata":{"name":"ledger-abc","namespace":"payments","labels":{"kubernetes.io/service-name":"ledger"}},"addressType":"IPv4","endpoints":[
            {"addresses":["10.0.0.1"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"ledger-1"}},
            {"addresses":["10.0.0.2"],"conditions":{"ready":false,"serving":true},"targetRef":{"kind":"Pod","name":"ledger-2"}},
            {"addresses":["10.0.0.3"],"conditions":{}},{"addresses":["10.0.0.4","10.0.0.5"],"targetRef":{"kind":"Node","name":"n"}}]}
            """)!;

        slice.ServiceName.ShouldBe("ledger");
        slice.Endpoints.ShouldBe([
            new Endpoint("10.0.0.1", true, "ledger-1"), new Endpoint("10.0.0.2", false, "ledger-2"), new Endpoint("10.0.0.3", true, null),
            new Endpoint("10.0.0.4", true, null), new Endpoint("10.0.0.5", true, null)]);
    }

    [Fact]
    public void Controller_ReplicasUnsaid_IsOne()
    {
        var deployment = Parse(new ControllerParser("Deployment"), """{"metadata":{"name":"a"},"spec":{"template":{"spec":{"replicas":9}}},"status":{"readyReplicas":1,"updatedReplicas":2}}""")!;
        (deployment.Kind, deployment.DesiredReplicas, deployment.ReadyReplicas, deployment.UpdatedReplicas).ShouldBe(("Deployment", 1, 1, 2));
        Parse(new ControllerParser("ReplicaSet"), """{"metadata":{"name":"a"},"spec":{"replicas":0},"status":{}}""")!.DesiredReplicas.ShouldBe(0);
    }

    [Theory]
    [InlineData("True", true)]
    [InlineData("False", false)]
    [InlineData("Unknown", null)]
    public void Node_Condition_IsReadAsThreeStates(string status, bool? ready)
    {
        var node = Parse(new NodeParser(), $$$"""{"metadata":{"name":"n"},"status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"{{{status}}}"}],"nodeInfo":{"kubeletVersion":"v1.33.4"} } }""")!;
        (node.Ready, node.KubeletVersion).ShouldBe((ready, "v1.33.4"));
    }

    [Fact]
    public void MeshObject_SpecAndStatus_AreKeptWhole()
    {
        var parsed = Parse(new MeshObjectParser("networking.istio.io/v1beta1", "VirtualService"), """{"metadata":{"name":"a"},"status":{"s":1},"spec":{"http":[{"route":[{"weight":90}]}]}}""")!;

        parsed.Spec.GetProperty("http")[0].GetProperty("route")[0].GetProperty("weight").GetInt32().ShouldBe(90);
        parsed.Status.GetProperty("s").GetInt32().ShouldBe(1);
        Parse(new MeshObjectParser("v", "k"), """{"metadata":{"name":"a"}}""")!.Spec.ValueKind.ShouldBe(JsonValueKind.Undefined);
    }

    [Fact]
    public void MeshObject_NestedWithoutEnd_IsMalformedNotFatal()
    {
        var deep = """{"metadata":{"name":"deep"},"spec":""" + string.Concat(Enumerable.Repeat("{\"a\":", 300)) + "1" + new string('}', 301);

        new MeshObjectParser("v", "k").TryParse(Encoding.UTF8.GetBytes(deep), out var problem).ShouldBeNull();
        problem.ShouldBe("it is nested more deeply than the console reads");
    }

    [Fact]
    public void StringPool_MoreThanItHolds_ForgetsWhatIsNotAskedFor()
    {
        var pool = new StringPool(generation: 10);
        var often = Read(pool, "often");
        var once = Read(pool, "once");
        for (var index = 0; index < 100; index++)
        {
            Read(pool, $"other-{Json.Number(index)}");
            Read(pool, "often").ShouldBeSameAs(often);
        }

        Read(pool, "once").ShouldNotBeSameAs(once);

        static string Read(StringPool pool, string text)
        {
            var reader = new Utf8JsonReader(JsonSerializer.SerializeToUtf8Bytes(text));
            reader.Read();
            return pool.Get(ref reader);
        }
    }

    private static T? Parse<T>(ObjectParser<T> parser, string json)
        where T : class => parser.Parse(Encoding.UTF8.GetBytes(json));
}
