using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// The HTTP side of the simulated Kubernetes API server: authentication, authorisation, discovery, reads, watches and writes over an
/// <see cref="ObjectStore"/>, in the order and the words of a real one.
/// </summary>
public sealed partial class KubernetesApi
{
    private readonly ObjectStore _store;
    private readonly KubernetesApiOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AccessRules _access;
    private readonly DiscoveryAnswers _discovery;
    private readonly ReviewAnswers _reviews;
    private readonly WriteAnswers _writes;

    private KubernetesApi(ObjectStore store, KubernetesApiOptions options, TimeProvider time, ILogger logger)
    {
        (_store, _options, _time, _logger) = (store, options, time, logger);
        _access = new AccessRules(options);
        _discovery = new DiscoveryAnswers(options);
        _reviews = new ReviewAnswers(_access);
        _writes = new WriteAnswers(store, options);
        options.Faults.Attach(store, time);
    }

    /// <summary>Serves the API at <c>/api</c>, <c>/apis</c>, <c>/version</c>, <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c>.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, ObjectStore store, KubernetesApiOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var logger = endpoints.ServiceProvider.GetService<ILoggerFactory>()?.CreateLogger<KubernetesApi>() ?? NullLogger<KubernetesApi>.Instance;
        var api = new KubernetesApi(store, options, time, logger);
        foreach (var root in (ReadOnlySpan<string>)["/", "/version", "/openapi/{**rest}", "/healthz/{**rest}", "/livez/{**rest}", "/readyz/{**rest}", "/api/{**rest}", "/apis/{**rest}"])
            endpoints.Map(root, (RequestDelegate)api.AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var faults = _options.Faults;
        if (faults.RefusesConnections)
        {
            http.Abort();
            return;
        }
        var query = http.Request.Query;
        var watch = query["watch"].ToString() is not ("" or "0" or "false") || (query.ContainsKey("watch") && query["watch"].ToString().Length == 0);
        var request = ApiRequest.Parse(http.Request.Method, http.Request.Path.Value ?? "/", watch, query["fieldSelector"]);
        var call = new ApiCall(http, request, ApiUser.Anonymous, _options);
        try
        {
            if (faults.Delay is var delay && delay > TimeSpan.Zero) await Task.Delay(delay, _time, http.RequestAborted).ConfigureAwait(false);
            if (faults.Refusal() is { } refusal) throw new ApiStatusException(refusal);
            call = new ApiCall(http, request, Identify(http, request), _options);
            _options.Counters.Add(request, call.User.Name);
            if (faults.Answer?.Invoke(request, call.User) is { } fault) throw new ApiStatusException(fault);
            if (_access.Allows(call.User, request.Access) is null) throw new ApiStatusException(request.Access.Forbidden(call.User.Name));
            await DispatchAsync(call).ConfigureAwait(false);
        }
        catch (ApiStatusException exception) when (!http.Response.HasStarted)
        {
            await AnswerWriter.WriteAsync(call, exception.Status).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone.
        }
        catch (Exception exception) when (exception is not ApiStatusException && !http.Response.HasStarted)
        {
            Log.Failed(_logger, request.Verb, request.Path, exception);
            await AnswerWriter.WriteAsync(call, new ApiStatus(500, "InternalError", "Internal error occurred: " + exception.Message) { Details = new ApiStatusDetails() }).ConfigureAwait(false);
        }
    }

    /// <summary>Who asks: by token, then by impersonation. 401 without a token, but for what is open to anybody.</summary>
    private ApiUser Identify(HttpContext http, ApiRequest request)
    {
        var user = ApiUser.Anonymous;
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length > 0)
        {
            var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : "";
            user = _access.UserOf(token) ?? throw Refused();
        }
        else if (_access.Allows(user, request.Access) is null)
        {
            throw Refused();
        }

        var impersonated = http.Request.Headers["Impersonate-User"].ToString();
        var groups = http.Request.Headers["Impersonate-Group"].OfType<string>().ToArray();
        if (impersonated.Length == 0)
        {
            if (groups.Length > 0) throw new ApiStatusException(ApiStatus.BadRequest("requested groups without impersonating a user"));
            return user;
        }
        foreach (var query in groups.Select(group => new AccessQuery("impersonate", "", "groups", "", "", group)).Prepend(new AccessQuery("impersonate", "", "users", "", "", impersonated)))
            if (_access.Allows(user, query) is null) throw new ApiStatusException(query.Forbidden(user.Name));
        return new ApiUser(impersonated, [.. groups, "system:authenticated"]);

        ApiStatusException Refused()
        {
            _options.Counters.Add(request, "");
            return new ApiStatusException(ApiStatus.Unauthorized);
        }
    }

    private async Task DispatchAsync(ApiCall call)
    {
        var request = call.Request;
        if (!request.IsResource)
        {
            await AnswerPathAsync(call).ConfigureAwait(false);
            return;
        }
        if (await _reviews.TryAnswerAsync(call).ConfigureAwait(false)) return;

        var type = _options.Types.FirstOrDefault(candidate => candidate.Group == request.Group && candidate.Plural == request.Resource);
        var version = request.Version;
        var exists = type is not null && type.Versions.Contains(version) && _options.Serves(type, version)
            && (request.Subresource.Length == 0 || (request.Subresource == "status" && type.HasStatus))
            && (type.Namespaced || type == ResourceTypes.Namespaces || request.Namespace.Length == 0);
        if (!exists) throw new ApiStatusException(ApiStatus.NoSuchResource);

        // An object of a namespace is only reached through it; across namespaces one can list and watch.
        var everywhere = type!.Namespaced && request.Namespace.Length == 0;
        if (everywhere && request.NamesObject) throw new ApiStatusException(ApiStatus.NoSuchResource);
        var status = request.Subresource.Length > 0;
        await (request.Verb switch
        {
            _ when http(call) == "HEAD" => throw new ApiStatusException(ApiStatus.MethodNotAllowed),
            "list" => ListAnswer.WriteAsync(call, _store, type, version),
            "watch" => WatchAnswer.WriteAsync(call, _store, type, version, _time),
            "get" => AnswerWriter.WriteAsync(call, 200, _store.Get(type, call.Namespace, request.Name), version),
            "create" when !everywhere && !request.NamesObject => _writes.CreateAsync(call, type, version),
            "update" when request.NamesObject => _writes.ReplaceAsync(call, type, version),
            "patch" when request.NamesObject => _writes.PatchAsync(call, type, version),
            "delete" when !status => _writes.DeleteAsync(call, type, version),
            "deletecollection" when !everywhere && type != ResourceTypes.Namespaces => _writes.DeleteCollectionAsync(call, type, version),
            _ => throw new ApiStatusException(ApiStatus.MethodNotAllowed),
        }).ConfigureAwait(false);

        static string http(ApiCall call) => call.Http.Request.Method;
    }

    private Task AnswerPathAsync(ApiCall call)
    {
        if (call.Request.Verb != "get") throw new ApiStatusException(ApiStatus.MethodNotAllowed);
        var path = call.Request.Path;
        if (path.StartsWith("/healthz", StringComparison.Ordinal) || path.StartsWith("/livez", StringComparison.Ordinal) || path.StartsWith("/readyz", StringComparison.Ordinal))
        {
            call.Http.Response.ContentType = "text/plain; charset=utf-8";
            return call.Http.Response.WriteAsync("ok", call.Aborted);
        }
        var answer = _discovery.Find(path, call.Http.Request.Host.ToString()) ?? throw new ApiStatusException(ApiStatus.NoSuchResource);
        return AnswerWriter.WriteAsync(call, 200, answer);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "The simulated API server could not answer {Verb} {Path}.")]
        public static partial void Failed(ILogger logger, string verb, string path, Exception exception);
    }
}
