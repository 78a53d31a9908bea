using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Answers questions about who somebody is and what they may do: the review resources, which keep nothing.</summary>
internal sealed class ReviewAnswers(AccessRules rules)
{
    private const string Authentication = "authentication.k8s.io";
    private const string Authorization = "authorization.k8s.io";

    private static readonly (string Group, string Resource, string Kind, bool Namespaced)[] s_resources =
    [
        (Authentication, "selfsubjectreviews", "SelfSubjectReview", false),
        (Authentication, "tokenreviews", "TokenReview", false),
        (Authorization, "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
        (Authorization, "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
        (Authorization, "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
        (Authorization, "subjectaccessreviews", "SubjectAccessReview", false),
    ];

    public static IReadOnlyList<string> Groups { get; } = [Authentication, Authorization];

    public static IEnumerable<(string Resource, string Kind, bool Namespaced)> ResourcesOf(string group, string version) =>
        version == "v1" ? s_resources.Where(resource => resource.Group == group).Select(resource => (resource.Resource, resource.Kind, resource.Namespaced)) : [];

    /// <summary>True when the request is for a review resource, which has then been answered.</summary>
    public async Task<bool> TryAnswerAsync(ApiCall call)
    {
        var request = call.Request;
        var found = Array.Find(s_resources, resource => resource.Group == request.Group && resource.Resource == request.Resource && request.Version == "v1");
        if (found.Kind is null || request.Subresource.Length > 0 || found.Namespaced != request.Namespace.Length > 0) return false;
        if (request.Verb != "create" || request.NamesObject) throw new ApiStatusException(ApiStatus.MethodNotAllowed);

        var review = await call.ReadObjectAsync(found.Kind).ConfigureAwait(false);
        var spec = review["spec"] as JsonObject ?? [];
        var status = found.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = call.User.ToJson() },
            "TokenReview" => TokenStatus(spec),
            "SelfSubjectRulesReview" => RulesStatus(call.User, spec),
            "SelfSubjectAccessReview" => AccessStatus(call.User, spec),
            _ => AccessStatus(Subject(found.Kind, spec), spec),
        };
        var answer = new JsonObject
        {
            ["kind"] = found.Kind,
            ["apiVersion"] = found.Group + "/v1",
            ["metadata"] = new JsonObject { ["creationTimestamp"] = null },
            ["spec"] = spec.DeepClone(),
            ["status"] = status,
        };
        if (found.Kind == "SelfSubjectReview") answer.Remove("spec");
        await AnswerWriter.WriteAsync(call, 201, answer).ConfigureAwait(false);
        return true;
    }

    private static ApiUser Subject(string kind, JsonObject spec)
    {
        var groups = (spec["groups"] as JsonArray)?.Select(group => group.AsText()).OfType<string>() ?? [];
        var user = spec.Text("user") ?? "";
        if (user.Length == 0 && !groups.Any())
        {
            throw new ApiStatusException(ApiStatus.Invalid(
                Authorization, kind, "", ApiStatusCause.InvalidValue("spec.user", "\"\"", "at least one of user or group must be specified")));
        }
        return new ApiUser(user, [.. groups]);
    }

    private JsonObject TokenStatus(JsonObject spec)
    {
        var token = spec.Text("token") ?? "";
        if (token.Length == 0) throw new ApiStatusException(ApiStatus.BadRequest("token is required for TokenReview in authentication"));
        if (rules.UserOf(token) is not { } user) return new JsonObject { ["user"] = new JsonObject(), ["error"] = "[invalid bearer token]" };
        var audiences = spec["audiences"]?.DeepClone() as JsonArray ?? ["https://kubernetes.default.svc"];
        return new JsonObject { ["authenticated"] = true, ["user"] = user.ToJson(), ["audiences"] = audiences };
    }

    private JsonObject AccessStatus(ApiUser user, JsonObject spec)
    {
        var resource = spec["resourceAttributes"] as JsonObject;
        var path = spec["nonResourceAttributes"] as JsonObject;
        if (resource is null == path is null)
        {
            throw new ApiStatusException(ApiStatus.Invalid(
                Authorization,
                "SelfSubjectAccessReview",
                "",
                ApiStatusCause.InvalidValue("spec.resourceAttributes", "null", "exactly one of nonResourceAttributes or resourceAttributes must be specified")));
        }
        var query = resource is not null
            ? new AccessQuery(Value(resource, "verb"), Value(resource, "group"), Value(resource, "resource"), Value(resource, "subresource"), Value(resource, "namespace"), Value(resource, "name"))
            : new AccessQuery(Value(path!, "verb"), "", "", "", "", "", Value(path!, "path"));
        var why = rules.Allows(user, query);
        var status = new JsonObject { ["allowed"] = why is not null };
        if (!string.IsNullOrEmpty(why)) status["reason"] = why;
        return status;
    }

    private JsonObject RulesStatus(ApiUser user, JsonObject spec)
    {
        var objectNamespace = spec.Text("namespace") ?? "";
        if (objectNamespace.Length == 0) throw new ApiStatusException(ApiStatus.BadRequest("no namespace on request"));
        var held = rules.RulesOf(user, objectNamespace).ToArray();
        return new JsonObject
        {
            ["resourceRules"] = new JsonArray([.. held.Where(rule => rule.NonResourceUrls.Length == 0).Select(rule => rule.ToJson())]),
            ["nonResourceRules"] = new JsonArray([.. held.Where(rule => rule.NonResourceUrls.Length > 0).Select(rule => rule.ToJson())]),
            ["incomplete"] = false,
        };
    }

    private static string Value(JsonObject json, string name) => json.Text(name) ?? "";
}
