using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>The query of a list, watch or deletion of a collection, checked as Kubernetes checks it.</summary>
internal sealed record ListOptions
{
    private const string Exact = "Exact";
    private const string NotOlderThan = "NotOlderThan";

    public required LabelSelector Labels { get; init; }

    public required FieldSelector Fields { get; init; }

    public string ResourceVersion { get; init; } = "";

    /// <summary>Zero for no limit.</summary>
    public int Limit { get; init; }

    public string Continue { get; init; } = "";

    /// <summary>True for the objects at exactly <see cref="ResourceVersion"/>.</summary>
    public bool AtExactVersion { get; init; }

    public bool IsSelective => !Labels.IsEverything || !Fields.IsEverything;

    public bool Matches(StoredObject candidate) => Labels.Matches(candidate.Labels) && Fields.Matches(candidate);

    public static ListOptions Read(ApiCall call, ResourceType type)
    {
        var watch = call.Request.Verb == "watch";
        var (version, match, token) = (call.Query("resourceVersion") ?? "", call.Query("resourceVersionMatch") ?? "", call.Query("continue") ?? "");
        var causes = ImmutableArray.CreateBuilder<ApiStatusCause>();
        if (call.Query("sendInitialEvents") is { Length: > 0 })
        {
            causes.Add(ApiStatusCause.Forbidden(
                "sendInitialEvents", watch ? "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled" : "sendInitialEvents is forbidden for list"));
        }
        if (match.Length > 0)
        {
            if (watch) causes.Add(ApiStatusCause.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch"));
            else if (version.Length == 0) causes.Add(ApiStatusCause.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            else if (token.Length > 0) causes.Add(ApiStatusCause.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
            else if (match is not (Exact or NotOlderThan)) causes.Add(ApiStatusCause.NotSupported("resourceVersionMatch", KubernetesJson.Quote(match), "\"Exact\", \"NotOlderThan\", \"\""));
            else if (match == Exact && version == "0") causes.Add(ApiStatusCause.Forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        }
        if (causes.Count > 0) throw new ApiStatusException(ApiStatus.Invalid("meta.k8s.io", "ListOptions", "", causes.ToImmutable()));
        if (version.Length > 0 && !ResourceVersions.TryParse(version, out _))
            throw new ApiStatusException(ApiStatus.BadRequest($"invalid resource version {KubernetesJson.Quote(version)}"));

        var limit = call.QueryNumber("limit");
        return new ListOptions
        {
            Labels = LabelSelector.Parse(call.Query("labelSelector")),
            Fields = FieldSelector.Parse(call.Query("fieldSelector"), type),
            ResourceVersion = version,
            // A list "at any version" comes from the cache of a real server, which does not page.
            Limit = version == "0" && token.Length == 0 ? 0 : Math.Max(0, limit),
            Continue = token,
            AtExactVersion = match == Exact || (match.Length == 0 && limit > 0 && token.Length == 0 && version is not ("" or "0")),
        };
    }
}
