using System.Globalization;
using System.Text;

namespace MeshConsole.Testing;

/// <summary>
/// A PodList as an API server of a large mesh sends it: sidecar-injected pods of Deployments with ten replicas each, with
/// the environment, volumes, managed fields and annotations that make up most of the bytes.
/// </summary>
public static class PodListing
{
    /// <param name="pods">How many pods; at least one.</param>
    public static byte[] Create(int pods)
    {
        var json = new StringBuilder("""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1834592"},"items":[""");
        for (var index = 0; index < pods; index++)
        {
            json.Append(index > 0 ? "," : "").Append(Pod(index));
        }

        return Encoding.UTF8.GetBytes(json.Append("]}").ToString());
    }

    private static string Pod(int index)
    {
        var deployment = index / 10;
        var app = string.Create(CultureInfo.InvariantCulture, $"service-{deployment:0000}");
        var hash = string.Create(CultureInfo.InvariantCulture, $"{(deployment * 2654435761L) % 4294967296L:x8}aa");
        var name = string.Create(CultureInfo.InvariantCulture, $"{app}-v1-{hash}-{index:x5}");
        var environment = string.Join(',', Enumerable.Range(0, 30).Select(number =>
            $$"""{"name":"ISTIO_META_SETTING_{{number.ToString(CultureInfo.InvariantCulture)}}","value":"{{app}}-some-value-of-usual-length"}"""));
        return $$$"""
            {"metadata":{"name":"{{{name}}}","generateName":"{{{app}}}-v1-{{{hash}}}-","namespace":"ns-{{{(deployment / 20).ToString(CultureInfo.InvariantCulture)}}}","uid":"{{{Uid(index)}}}","resourceVersion":"{{{(1_000_000 + index).ToString(CultureInfo.InvariantCulture)}}}","creationTimestamp":"2026-03-01T10:00:00Z",
            "labels":{"app":"{{{app}}}","version":"v1","pod-template-hash":"{{{hash}}}","security.istio.io/tlsMode":"istio","service.istio.io/canonical-name":"{{{app}}}","service.istio.io/canonical-revision":"v1","app.kubernetes.io/part-of":"payments","team":"team-{{{(deployment % 30).ToString(CultureInfo.InvariantCulture)}}}"},
            "annotations":{"istio.io/rev":"default","kubectl.kubernetes.io/default-container":"{{{app}}}","prometheus.io/path":"/stats/prometheus","prometheus.io/port":"15020","prometheus.io/scrape":"true","cni.projectcalico.org/podIP":"10.0.0.1/32","checksum/config":"0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9","sidecar.istio.io/status":"{\"initContainers\":[\"istio-init\",\"istio-proxy\"],\"containers\":null,\"volumes\":[\"workload-socket\",\"credential-socket\",\"workload-certs\",\"istio-envoy\",\"istio-data\",\"istio-podinfo\",\"istio-token\",\"istiod-ca-cert\"],\"imagePullSecrets\":null,\"revision\":\"default\"}"},
            "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{{{app}}}-v1-{{{hash}}}","uid":"{{{Uid(deployment + 5_000_000)}}}","controller":true,"blockOwnerDeletion":true}],
            "managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-03-01T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:istio.io/rev":{} },"f:labels":{".":{},"f:app":{} } },"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:env":{},"f:image":{} } } } } },{"manager":"kubelet","operation":"Update","fieldsV1":{"f:status":{"f:conditions":{},"f:phase":{},"f:podIP":{} } },"subresource":"status"}]},
            "spec":{"volumes":[{"name":"workload-socket","emptyDir":{} },{"name":"istio-token","projected":{"sources":[{"serviceAccountToken":{"audience":"istio-ca","expirationSeconds":43200,"path":"istio-token"} }]} }],
            "initContainers":[{"name":"istio-init","image":"registry.example/istio/proxyv2:1.27.1","args":["istio-iptables","-p","15001"]},{"name":"istio-proxy","image":"registry.example/istio/proxyv2:1.27.1","restartPolicy":"Always","env":[{{{environment}}}],"ports":[{"name":"http-envoy-prom","containerPort":15090,"protocol":"TCP"}]}],
            "containers":[{"name":"{{{app}}}","image":"registry.example/payments/{{{app}}}:2.{{{(deployment % 9).ToString(CultureInfo.InvariantCulture)}}}.0","env":[{{{environment}}}],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"resources":{"requests":{"cpu":"100m","memory":"128Mi"} } }],
            "serviceAccountName":"{{{app}}}","nodeName":"node-{{{(index % 100).ToString(CultureInfo.InvariantCulture)}}}","restartPolicy":"Always"},
            "status":{"phase":"Running","podIP":"10.{{{(index >> 16).ToString(CultureInfo.InvariantCulture)}}}.{{{((index >> 8) & 255).ToString(CultureInfo.InvariantCulture)}}}.{{{(index & 255).ToString(CultureInfo.InvariantCulture)}}}","hostIP":"192.168.0.1","conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}],
            "containerStatuses":[{"name":"{{{app}}}","ready":true,"restartCount":0,"image":"x","imageID":"sha256:0a1b2c","state":{"running":{"startedAt":"2026-03-01T10:00:10Z"} } }],
            "initContainerStatuses":[{"name":"istio-init","ready":true,"restartCount":0,"state":{"terminated":{"exitCode":0} } },{"name":"istio-proxy","ready":true,"restartCount":0,"state":{"running":{"startedAt":"2026-03-01T10:00:05Z"} } }]}
            }
            """;
    }

    private static string Uid(int number) => new Guid(number, 0x4b1d, 0x4e2f, 1, 2, 3, 4, 5, 6, 7, 8).ToString();
}
