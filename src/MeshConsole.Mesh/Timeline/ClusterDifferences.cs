using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Timeline;

/// <summary>
/// What changed between two snapshots of a cluster. Pure. A list that is not known in one of the two says nothing: what was
/// never read has not been created when it is read at last.
/// </summary>
internal static class ClusterDifferences
{
    /// <summary>Longer differences are left out: they are no reading matter, and the store is not a backup.</summary>
    private const int LongestDiff = 16_000;

    private const int LongestText = 300;

    public static ImmutableArray<TimelineEntry> Between(ClusterSnapshot before, ClusterSnapshot after, DateTimeOffset at)
    {
        var entries = ImmutableArray.CreateBuilder<TimelineEntry>();
        var draft = new Draft(earlier: before, after, at, entries);
        draft.Deployments(before.Objects.Deployments, after.Objects.Deployments);
        draft.Images(before, after);
        draft.Crashes(before, after);
        foreach (var (was, now) in MeshObjects(before.Objects).Zip(MeshObjects(after.Objects)))
        {
            draft.Objects(was, now);
        }

        draft.Bundles(before.Objects.RootConfigMaps, after.Objects.RootConfigMaps);
        draft.Bundles(before.Objects.Secrets, after.Objects.Secrets);
        return entries.DrainToImmutable();
    }

    private static IEnumerable<ImmutableArray<MeshObject>> MeshObjects(ClusterObjects objects) =>
    [
        objects.VirtualServices, objects.DestinationRules, objects.Gateways, objects.ServiceEntries, objects.Sidecars, objects.PeerAuthentications,
        objects.AuthorizationPolicies, objects.RequestAuthentications, objects.Telemetries, objects.KubernetesGateways, objects.HttpRoutes,
        objects.GrpcRoutes, objects.TrafficSplits, objects.Certificates,
    ];

    /// <summary>Entries in the making.</summary>
    private sealed class Draft(ClusterSnapshot earlier, ClusterSnapshot cluster, DateTimeOffset at, ImmutableArray<TimelineEntry>.Builder entries)
    {
        public void Deployments(ImmutableArray<Controller> before, ImmutableArray<Controller> after)
        {
            foreach (var (was, now) in Pairs(before, after))
            {
                var touches = ImmutableArray.Create(Key((now ?? was)!.Meta));
                if (was is null || now is null)
                {
                    var state = now is null ? "was deleted" : string.Create(CultureInfo.InvariantCulture, $"was created with {now.DesiredReplicas} {(now.DesiredReplicas == 1 ? "replica" : "replicas")}");
                    Add(TimelineKind.Deploy, "Deployment", was?.Meta, now?.Meta, $"Deployment {Key((now ?? was)!.Meta)} {state}.", null, touches);
                }
                else if (was.DesiredReplicas != now.DesiredReplicas)
                {
                    Add(TimelineKind.Scale, "Deployment", was.Meta, now.Meta, string.Create(CultureInfo.InvariantCulture, $"Deployment {Key(now.Meta)} asks for {now.DesiredReplicas} replicas where it asked for {was.DesiredReplicas}."), null, touches);
                }
            }
        }

        /// <summary>Another image in a workload's pods is a deployment, whatever controller made it.</summary>
        public void Images(ClusterSnapshot before, ClusterSnapshot after)
        {
            if (Same(before.Objects.Pods, after.Objects.Pods))
            {
                return;
            }

            var known = before.Workloads.ToDictionary(w => w.Id);
            foreach (var now in after.Workloads)
            {
                // Of a workload that comes or goes its Deployment tells.
                if (!known.TryGetValue(now.Id, out var was) || ReferenceEquals(was, now) || was.Pods.IsEmpty || now.Pods.IsEmpty)
                {
                    continue;
                }

                var (old, fresh) = (ImagesOf(was), ImagesOf(now));
                var (gone, come) = (old.Except(fresh).ToList(), fresh.Except(old).ToList());
                if (come.Count > 0)
                {
                    var from = gone.Count > 0 ? $" where {Text(string.Join(", ", gone))} ran" : "";
                    Add(TimelineKind.Deploy, now.Kind, now.Id, $"image:{string.Join(',', come)}", $"{now.Kind} {now.Id.Namespace}/{now.Id.Name} runs {Text(string.Join(", ", come))}{from}.");
                }
            }
        }

        public void Crashes(ClusterSnapshot before, ClusterSnapshot after)
        {
            if (Same(before.Objects.Pods, after.Objects.Pods))
            {
                return;
            }

            var known = before.Workloads.ToDictionary(w => w.Id);
            foreach (var now in after.Workloads)
            {
                var was = known.GetValueOrDefault(now.Id);
                if (ReferenceEquals(was, now))
                {
                    continue;
                }

                var stuck = Stuck(now);
                if (stuck.Count > 0 && (was is null || Stuck(was).Count == 0))
                {
                    Add(TimelineKind.Crash, now.Kind, now.Id, $"crash:{at.ToUnixTimeSeconds() / 60}", string.Create(CultureInfo.InvariantCulture, $"{stuck.Count} of {now.Pods.Length} pods of {now.Id.Namespace}/{now.Id.Name} do not start: {Text(string.Join(", ", stuck.Distinct().Order(StringComparer.Ordinal)))}."));
                }
                else if (was is not null && Restarts(was, now) is var restarts && restarts > 0)
                {
                    Add(TimelineKind.Crash, now.Kind, now.Id, string.Create(CultureInfo.InvariantCulture, $"restart:{now.Pods.Sum(p => p.Containers.Sum(c => c.RestartCount))}"), string.Create(CultureInfo.InvariantCulture, $"{restarts} {(restarts == 1 ? "container" : "containers")} of {now.Id.Namespace}/{now.Id.Name} restarted."));
                }
            }
        }

        public void Objects(ImmutableArray<MeshObject> before, ImmutableArray<MeshObject> after)
        {
            foreach (var (was, now) in Pairs(before, after))
            {
                var one = (now ?? was)!;
                if (was is not null && now is not null && SameJson(was.Spec, now.Spec))
                {
                    continue;
                }

                var name = $"{one.Kind} {Key(one.Meta)}";
                var weights = was is not null && now is not null ? WeightWords.Between(was, now) : null;
                var kind = weights is not null ? TimelineKind.Weight
                    : one.Kind is "PeerAuthentication" or "AuthorizationPolicy" or "RequestAuthentication" ? TimelineKind.Policy
                    : one.Kind == "Certificate" ? TimelineKind.Certificate
                    : TimelineKind.Config;
                var words = was is null ? $"{name} was created." : now is null ? $"{name} was deleted." : weights is not null ? $"{name}: {Text(weights)}." : $"{name} was changed.";
                Add(kind, one.Kind, was?.Meta, now?.Meta, words, Difference(was, now), ObjectTouches.Of(cluster, one, now is null ? null : was), kind == TimelineKind.Weight ? RelievedWorkloads.Of(earlier, cluster, one) : []);
            }
        }

        /// <summary>Public certificates of Secrets and trust bundles; a bundle that comes or goes with its namespace is no rotation.</summary>
        public void Bundles(ImmutableArray<CertificateBundle> before, ImmutableArray<CertificateBundle> after)
        {
            foreach (var (was, now) in Pairs(before, after))
            {
                if (was is null || now is null)
                {
                    continue;
                }

                var changed = now.Entries
                    .Where(entry => was.Entries.FirstOrDefault(e => e.Key == entry.Key) is var old && !SameCertificates(old, entry))
                    .Select(entry => entry.Key)
                    .Order(StringComparer.Ordinal)
                    .ToList();
                if (changed.Count > 0)
                {
                    var trust = now.Kind == "ConfigMap";
                    Add(
                        TimelineKind.Certificate,
                        now.Kind,
                        was.Meta,
                        now.Meta,
                        $"{now.Kind} {Key(now.Meta)} holds {(trust ? "another trust bundle" : "another certificate")} ({Text(string.Join(", ", changed))}).",
                        null,
                        trust ? [$"{now.Meta.Namespace}/*"] : []);
                }
            }
        }

        private void Add(TimelineKind kind, string objectKind, WorkloadId workload, string mark, string summary) => entries.Add(new TimelineEntry
        {
            Id = Identity(objectKind, workload.Namespace, workload.Name, mark),
            Cluster = cluster.Name,
            At = at,
            Kind = kind,
            ObjectKind = objectKind,
            Namespace = workload.Namespace,
            Name = workload.Name,
            Summary = summary,
            Touches = [$"{workload.Namespace}/{workload.Name}"],
        });

        private void Add(TimelineKind kind, string objectKind, ObjectMeta? was, ObjectMeta? now, string summary, string? diff, ImmutableArray<string> touches, ImmutableArray<string> relieves = default)
        {
            var meta = (now ?? was)!;
            var change = now?.Annotations.GetValueOrDefault(WeightPatch.Annotation) is { } mark && mark != was?.Annotations.GetValueOrDefault(WeightPatch.Annotation) ? mark.Split('.')[0] : null;
            entries.Add(new TimelineEntry
            {
                Id = Identity(objectKind, meta.Namespace, meta.Name, now is null ? $"deleted:{meta.Uid}" : $"{meta.Uid}:{meta.ResourceVersion}"),
                Cluster = cluster.Name,
                At = at,
                Kind = kind,
                ObjectKind = objectKind,
                Namespace = meta.Namespace,
                Name = meta.Name,
                By = Writer(was, now),
                ChangeId = change,
                Summary = summary,
                Diff = diff,
                Touches = touches,
                Relieves = relieves.IsDefault ? [] : relieves,
            });
        }

        private string Identity(string kind, string @namespace, string name, string mark) =>
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{cluster.Name}\n{kind}\n{@namespace}\n{name}\n{mark}")))[..32];
    }

    /// <summary>Who wrote last, else the one manager that was not there before; a deletion leaves no name.</summary>
    private static string? Writer(ObjectMeta? was, ObjectMeta? now)
    {
        var fresh = now is null ? [] : was is null ? now.Managers : [.. now.Managers.Except(was.Managers, StringComparer.Ordinal)];
        return now?.LastWriter is { } last ? Text(last) : fresh is [var one] ? Text(one) : null;
    }

    private static string? Difference(MeshObject? was, MeshObject? now)
    {
        var diff = UnifiedDiff.Between(was is null ? "" : Yaml(was), now is null ? "" : Yaml(now), was is null ? "nothing" : "before", now is null ? "nothing" : "after");
        return diff.Length is > 0 and <= LongestDiff ? diff : null;
    }

    private static string Yaml(MeshObject item) => item.Spec.IsObject() ? ObjectYaml.Write(item.Spec) : "";

    private static IEnumerable<(T? Was, T? Now)> Pairs<T>(ImmutableArray<T> before, ImmutableArray<T> after)
        where T : class, IKubernetesObject
    {
        if (before.IsDefault || after.IsDefault || Same(before, after))
        {
            yield break;
        }

        var known = before.ToDictionary(o => (o.Meta.Namespace, o.Meta.Name));
        foreach (var now in after)
        {
            if (!known.Remove((now.Meta.Namespace, now.Meta.Name), out var was))
            {
                yield return (null, now);
            }
            else if (!ReferenceEquals(was, now) && was.Meta.ResourceVersion != now.Meta.ResourceVersion)
            {
                yield return (was, now);
            }
        }

        foreach (var gone in known.Values)
        {
            yield return (gone, null);
        }
    }

    private static bool Same<T>(ImmutableArray<T> before, ImmutableArray<T> after) => before.IsDefault || after.IsDefault || before == after;

    private static bool SameJson(JsonElement left, JsonElement right) =>
        left.ValueKind == right.ValueKind && (left.ValueKind == JsonValueKind.Undefined || JsonElement.DeepEquals(left, right));

    private static bool SameCertificates(CertificateEntry? left, CertificateEntry right) =>
        left is not null && left.Certificates.Length == right.Certificates.Length && left.Certificates.Zip(right.Certificates).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second.AsSpan()));

    /// <summary>Images of the application, without those of proxies: these come with the mesh and not with a deployment.</summary>
    private static HashSet<string> ImagesOf(Workload workload) =>
        [.. workload.Pods.Where(p => p.Meta.DeletedAt is null).SelectMany(p => p.Containers).Where(c => c.Name is not ("istio-proxy" or "linkerd-proxy")).Select(c => c.Image)];

    private static List<string> Stuck(Workload workload) =>
        [.. workload.Pods.Where(p => p.Meta.DeletedAt is null).Select(p => p.Containers.FirstOrDefault(PodStates.IsStuck)?.WaitingReason).OfType<string>()];

    /// <summary>Restarts of pods that are in both; a new pod begins at zero and an old one takes its count with it.</summary>
    private static int Restarts(Workload was, Workload now)
    {
        var before = was.Pods.ToDictionary(p => p.Meta.Name, p => p.Containers.Sum(c => c.RestartCount), StringComparer.Ordinal);
        return now.Pods.Sum(p => before.TryGetValue(p.Meta.Name, out var count) ? Math.Max(0, p.Containers.Sum(c => c.RestartCount) - count) : 0);
    }

    private static string Key(ObjectMeta meta) => meta.Namespace.Length == 0 ? Text(meta.Name) : $"{Text(meta.Namespace)}/{Text(meta.Name)}";

    private static string Text(string text) => Printable.Text(text, LongestText);
}
