using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// Services that the API server calls: admission webhooks and aggregated APIs. It has no proxy and no certificate of the mesh,
/// so STRICT refuses it, on sidecars and in ambient alike.
/// </summary>
internal sealed class ApiServerCallers
{
    private readonly ILookup<(string Namespace, string Service), ApiServerCall> _calls;

    public ApiServerCallers(ClusterObjects objects, string domain)
    {
        _calls = Webhooks(objects.MutatingWebhooks).Concat(Webhooks(objects.ValidatingWebhooks))
            .Concat((objects.ApiServices.IsDefault ? [] : objects.ApiServices).Select(api => new ApiServerCall(
                api.ServiceNamespace,
                api.ServiceName,
                api.ServicePort,
                $"APIService {api.Meta.Name}",
                "requests for that API fail")))
            .ToLookup(call => (call.Namespace, call.Service));

        IEnumerable<ApiServerCall> Webhooks(ImmutableArray<WebhookConfiguration> configurations) =>
            from configuration in configurations.IsDefault ? [] : configurations
            from hook in configuration.Webhooks
            let called = Called(hook, domain)
            where called is not null
            group hook.FailsClosed by (Called: called.Value, configuration.Kind, configuration.Meta.Name) into one
            select new ApiServerCall(
                one.Key.Called.Namespace,
                one.Key.Called.Service,
                one.Key.Called.Port,
                $"{one.Key.Kind} {one.Key.Name}",
                one.Contains(true) ? "requests that it looks at are refused (failurePolicy Fail)" : "it is skipped in silence (failurePolicy Ignore)");
    }

    /// <summary>What the API server calls a Service for, in the order of the objects that say so.</summary>
    public IEnumerable<ApiServerCall> Of(string @namespace, string service) => _calls[(@namespace, service)];

    /// <summary>The Service of a webhook; also one that is written as an address.</summary>
    private static (string Namespace, string Service, int Port)? Called(AdmissionWebhook hook, string domain)
    {
        if (hook is { ServiceNamespace: { } space, ServiceName: { } name })
        {
            return (space, name, hook.ServicePort);
        }

        if (!Uri.TryCreate(hook.Url, UriKind.Absolute, out var address))
        {
            return null;
        }

        var host = address.IdnHost.TrimEnd('.');
        var suffix = $".svc.{domain}";
        host = host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) ? host[..^suffix.Length]
            : host.EndsWith(".svc", StringComparison.OrdinalIgnoreCase) ? host[..^".svc".Length]
            : "";
        return host.Split('.') is [{ Length: > 0 } service, { Length: > 0 } of] ? (of, service, address.Port) : null;
    }
}

/// <summary>One object that makes the API server call a Service.</summary>
/// <param name="Port">Port of the Service.</param>
/// <param name="Object">Kind and name.</param>
/// <param name="Consequence">What happens while the call fails, a clause.</param>
internal sealed record ApiServerCall(string Namespace, string Service, int Port, string Object, string Consequence)
{
    public string PortWords => Port.ToString(CultureInfo.InvariantCulture);
}
