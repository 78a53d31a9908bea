using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using static MeshConsole.Simulator.Tests.Kubernetes.KubernetesObjects;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class ObjectStoreTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(s_start);
    private readonly ObjectStore _store;

    public ObjectStoreTests() => _store = new ObjectStore(_time);

    [Fact]
    public void Create_NewObject_GetsWhatTheServerSays()
    {
        var before = _store.CurrentVersion;
        var route = _store.Create(ResourceTypes.VirtualServices, CardProcessorRoute(), new WriteOptions { FieldManager = "deployer", Version = "v1beta1" }).ToJson();

        var metadata = route["metadata"]!;
        metadata["uid"]!.GetValue<string>().ShouldMatch("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
        metadata["creationTimestamp"]!.GetValue<string>().ShouldBe("2026-03-01T12:00:00Z");
        metadata["generation"]!.GetValue<int>().ShouldBe(1);
        metadata["resourceVersion"]!.GetValue<string>().ShouldBe((before + 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var manager = metadata["managedFields"]!.AsArray().ShouldHaveSingleItem()!;
        manager["manager"]!.GetValue<string>().ShouldBe("deployer");
        manager["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1beta1");
        manager["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:spec":{"f:hosts":{},"f:http":{}}}""");
        route["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1");
        _store.Find(ResourceTypes.VirtualServices, "payments", "card-processor")!.ToJson("v1alpha3")["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1alpha3");
    }

    [Fact]
    public void Create_TwiceTheSameName_IsRefusedWithAlreadyExists()
    {
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        var refusal = Should.Throw<ApiStatusException>(() => _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a")));
        refusal.Status.Code.ShouldBe(409);
        refusal.Status.Message.ShouldBe("configmaps \"a\" already exists");
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", "ledger")).Namespace.ShouldBe("ledger");
    }

    [Fact]
    public void Create_TheGivenJson_IsNotKeptNorChanged()
    {
        var given = ConfigMap("a", data: ("key", "one"));
        var text = given.ToJsonString();
        var stored = _store.Create(ResourceTypes.ConfigMaps, given);
        given.ToJsonString().ShouldBe(text);
        given["data"]!["key"] = "two";
        stored.ToJson()["data"]!["key"] = "three";
        _store.Get(ResourceTypes.ConfigMaps, "payments", "a").ToJson()["data"]!["key"]!.GetValue<string>().ShouldBe("one");
    }

    [Fact]
    public void Create_WithGenerateName_AddsASuffixPerObject()
    {
        var json = ConfigMap("x");
        json["metadata"]!.AsObject().Remove("name");
        json["metadata"]!["generateName"] = "event-";
        var first = _store.Create(ResourceTypes.ConfigMaps, json).Name;
        var second = _store.Create(ResourceTypes.ConfigMaps, json).Name;
        first.ShouldMatch("^event-[a-z0-9]{5}$");
        second.ShouldMatch("^event-[a-z0-9]{5}$");
        second.ShouldNotBe(first);
    }

    [Fact]
    public void Replace_AtAnOldVersion_IsRefusedAndChangesNothing()
    {
        var first = _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "one")));
        var second = _store.Replace(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "two")));
        second.ResourceVersion.ShouldBeGreaterThan(first.ResourceVersion);

        var stale = first.ToJson();
        stale["data"]!["key"] = "three";
        var refusal = Should.Throw<ApiStatusException>(() => _store.Replace(ResourceTypes.ConfigMaps, stale));
        refusal.Status.Code.ShouldBe(409);
        refusal.Status.Message.ShouldBe(
            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again");
        _store.Get(ResourceTypes.ConfigMaps, "payments", "a").ShouldBeSameAs(second);
    }

    [Fact]
    public void Replace_WithTheSameContent_KeepsTheVersion()
    {
        var first = _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "one")));
        _store.Replace(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "one"))).ShouldBeSameAs(first);
        _store.CurrentVersion.ShouldBe(first.ResourceVersion);
    }

    [Fact]
    public void Update_OfTheSpec_CountsTheGenerationAndOfLabelsDoesNot()
    {
        _store.Create(ResourceTypes.VirtualServices, CardProcessorRoute());
        var relabelled = _store.Update(ResourceTypes.VirtualServices, "payments", "card-processor", json => json["metadata"]!["labels"] = new JsonObject { ["team"] = "cards" });
        relabelled.ToJson()["metadata"]!["generation"]!.GetValue<int>().ShouldBe(1);
        var moved = _store.Update(ResourceTypes.VirtualServices, "payments", "card-processor", json => json["spec"]!["http"]![1]!["route"]![0]!["weight"] = 80);
        moved.ToJson()["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
        var reported = _store.Update(ResourceTypes.VirtualServices, "payments", "card-processor", json => json["status"] = new JsonObject { ["ready"] = true });
        reported.ToJson()["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public void Update_ByAnotherManager_MovesTheChangedFieldToIt()
    {
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", data: [("one", "1"), ("two", "2")]), new WriteOptions { FieldManager = "helm" });
        _time.Advance(TimeSpan.FromMinutes(1));
        var managers = _store.Update(ResourceTypes.ConfigMaps, "payments", "a", json => json["data"]!["two"] = "3", new WriteOptions { FieldManager = "kubectl-edit" })
            .ToJson()["metadata"]!["managedFields"]!.AsArray();

        managers.Count.ShouldBe(2);
        managers[0]!["manager"]!.GetValue<string>().ShouldBe("helm");
        managers[0]!["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:data":{"f:one":{}}}""");
        managers[0]!["time"]!.GetValue<string>().ShouldBe("2026-03-01T12:00:00Z");
        managers[1]!["manager"]!.GetValue<string>().ShouldBe("kubectl-edit");
        managers[1]!["fieldsV1"]!.ToJsonString().ShouldBe("""{"f:data":{"f:two":{}}}""");
        managers[1]!["time"]!.GetValue<string>().ShouldBe("2026-03-01T12:01:00Z");
    }

    [Theory]
    [InlineData(WriteScope.Main, "Running", "node-2")]
    [InlineData(WriteScope.Status, "Failed", "node-1")]
    [InlineData(WriteScope.Whole, "Failed", "node-2")]
    public void Update_WithinAScope_ChangesOnlyThatPart(WriteScope scope, string phase, string node)
    {
        _store.Create(ResourceTypes.Pods, Pod("p"));
        var pod = _store.Update(
            ResourceTypes.Pods,
            "payments",
            "p",
            json =>
            {
                json["spec"]!["nodeName"] = "node-2";
                json["status"]!["phase"] = "Failed";
            },
            new WriteOptions { Scope = scope }).ToJson();
        pod["status"]!["phase"]!.GetValue<string>().ShouldBe(phase);
        pod["spec"]!["nodeName"]!.GetValue<string>().ShouldBe(node);
    }

    [Fact]
    public void Write_AsDryRun_AnswersWhatWouldBeAndChangesNothing()
    {
        var dry = new WriteOptions { DryRun = true };
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"), dry).Uid.ShouldNotBeEmpty();
        _store.Find(ResourceTypes.ConfigMaps, "payments", "a").ShouldBeNull();

        var kept = _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "one")));
        var announced = 0;
        _store.Changed += _ => announced++;
        _store.Update(ResourceTypes.ConfigMaps, "payments", "a", json => json["data"]!["key"] = "two", dry).ToJson()["data"]!["key"]!.GetValue<string>().ShouldBe("two");
        _store.Delete(ResourceTypes.ConfigMaps, "payments", "a", dry);
        _store.Find(ResourceTypes.ConfigMaps, "payments", "a").ShouldBeSameAs(kept);
        _store.CurrentVersion.ShouldBe(kept.ResourceVersion);
        announced.ShouldBe(0);
    }

    [Fact]
    public void Delete_WithAFinalizer_WaitsUntilTheFinalizerIsGone()
    {
        var json = ConfigMap("a");
        json["metadata"]!["finalizers"] = new JsonArray("example.com/hold");
        _store.Create(ResourceTypes.ConfigMaps, json);
        _store.Delete(ResourceTypes.ConfigMaps, "payments", "a").ToJson()["metadata"]!["deletionTimestamp"]!.GetValue<string>().ShouldBe("2026-03-01T12:00:00Z");
        _store.Find(ResourceTypes.ConfigMaps, "payments", "a").ShouldNotBeNull();

        var kinds = new List<StoreChangeKind>();
        _store.Changed += change => kinds.Add(change.Kind);
        _store.Update(ResourceTypes.ConfigMaps, "payments", "a", value => value["metadata"]!.AsObject().Remove("finalizers"));
        _store.Find(ResourceTypes.ConfigMaps, "payments", "a").ShouldBeNull();
        kinds.ShouldBe([StoreChangeKind.Deleted]);
    }

    [Fact]
    public void Delete_OfAnotherUid_IsRefused()
    {
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        Should.Throw<ApiStatusException>(() => _store.Delete(ResourceTypes.ConfigMaps, "payments", "a", new WriteOptions { ExpectedUid = "other" })).Status.Reason.ShouldBe("Conflict");
        Should.Throw<ApiStatusException>(() => _store.Delete(ResourceTypes.ConfigMaps, "payments", "b")).Status.Message.ShouldBe("configmaps \"b\" not found");
    }

    [Fact]
    public void List_OfOneNamespace_LeavesOutNamesakesWithAPrefix()
    {
        foreach (var name in (string[])["pay", "pay-2", "pay0", "payments", "pa"])
            _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", name));
        _store.List(ResourceTypes.ConfigMaps, "pay").ShouldHaveSingleItem().Namespace.ShouldBe("pay");
        _store.List(ResourceTypes.ConfigMaps).Count.ShouldBe(5);
        _store.List(ResourceTypes.ConfigMaps, "nowhere").ShouldBeEmpty();
    }

    [Fact]
    public void ListAt_AnEarlierVersion_GivesWhatWasThen()
    {
        var first = _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        var second = _store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        var third = _store.Delete(ResourceTypes.ConfigMaps, "payments", "a");
        Names(first.ResourceVersion).ShouldBe(["a"]);
        Names(second.ResourceVersion).ShouldBe(["a", "b"]);
        Names(third.ResourceVersion).ShouldBe(["b"]);
        Should.Throw<ApiStatusException>(() => Names(third.ResourceVersion + 1)).Status.Code.ShouldBe(504);

        string[] Names(long version) => [.. _store.ListAt(ResourceTypes.ConfigMaps, null, version).Select(found => found.Name)];
    }

    [Fact]
    public void History_BeyondItsLimit_IsAnsweredWithExpired()
    {
        var store = new ObjectStore(_time, historyLimit: 3);
        var versions = Enumerable.Range(0, 5).Select(index => store.Create(ResourceTypes.ConfigMaps, ConfigMap("n" + index)).ResourceVersion).ToArray();

        store.ChangesSince(ResourceTypes.ConfigMaps, versions[1], 10).Changes.Select(change => change.Object.Name).ShouldBe(["n2", "n3", "n4"]);
        store.ListAt(ResourceTypes.ConfigMaps, null, versions[1]).Count.ShouldBe(2);
        var refusal = Should.Throw<ApiStatusException>(() => store.ChangesSince(ResourceTypes.ConfigMaps, versions[0], 10)).Status;
        refusal.Code.ShouldBe(410);
        refusal.Message.ShouldBe($"too old resource version: {versions[0]} ({versions[1]})");
        Should.Throw<ApiStatusException>(() => store.ListAt(ResourceTypes.ConfigMaps, null, versions[0])).Status.Code.ShouldBe(410);
    }

    [Fact]
    public void ExpireHistory_MakesEveryKnownVersionTooOld()
    {
        var created = _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        _store.ExpireHistory();
        Should.Throw<ApiStatusException>(() => _store.ChangesSince(ResourceTypes.ConfigMaps, created.ResourceVersion, 10)).Status.Code.ShouldBe(410);
        var snapshot = _store.Snapshot(ResourceTypes.ConfigMaps);
        snapshot.Objects.Count.ShouldBe(1);
        _store.ChangesSince(ResourceTypes.ConfigMaps, snapshot.Version, 10).Changes.ShouldBeEmpty();
    }

    [Fact]
    public void Load_ManyObjects_ListsThemInOrderAndKeepsWhatTheySayOfThemselves()
    {
        var old = Pod("p-old");
        old["metadata"]!["uid"] = "11111111-2222-4333-8444-555555555555";
        old["metadata"]!["creationTimestamp"] = "2026-01-01T00:00:00Z";
        var announced = 0;
        _store.Changed += _ => announced++;
        _store.Load(Enumerable.Range(0, 100).Reverse().Select(index => Pod($"p-{index:000}")).Append(old).Append(Namespace("payments")));

        announced.ShouldBe(0);
        var pods = _store.List(ResourceTypes.Pods);
        pods.Count.ShouldBe(101);
        pods.Select(pod => pod.Name).ShouldBeInOrder();
        pods.Select(pod => pod.ResourceVersion).Distinct().Count().ShouldBe(101);
        var kept = _store.Get(ResourceTypes.Pods, "payments", "p-old");
        kept.Uid.ShouldBe("11111111-2222-4333-8444-555555555555");
        kept.ToJson()["metadata"]!["creationTimestamp"]!.GetValue<string>().ShouldBe("2026-01-01T00:00:00Z");
        _store.Version(ResourceTypes.Pods).ShouldBe(_store.CurrentVersion);
        _store.Version(ResourceTypes.Services).ShouldBe(0);
    }

    [Fact]
    public void Changed_WithWritesFromAHandler_AnnouncesInOrder()
    {
        var seen = new List<(StoreChangeKind, string)>();
        var versions = new List<long>();
        _store.Changed += change =>
        {
            if (change.Object.Name == "a" && change.Kind == StoreChangeKind.Added) _store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
            seen.Add((change.Kind, change.Object.Name));
            versions.Add(change.Version);
        };
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        _store.Delete(ResourceTypes.ConfigMaps, "payments", "a");
        seen.ShouldBe([(StoreChangeKind.Added, "a"), (StoreChangeKind.Added, "b"), (StoreChangeKind.Deleted, "a")]);
        versions.ShouldBeInOrder();
    }

    [Fact]
    public async Task Update_FromManyThreads_LosesNone()
    {
        _store.Create(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("count", "0")));
        var changes = new List<long>();
        _store.Changed += change => changes.Add(change.Version);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var step = 0; step < 50; step++)
                _store.Update(ResourceTypes.ConfigMaps, "payments", "a", json => json["data"]!["count"] = (int.Parse(json["data"]!["count"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }))).WaitAsync(TimeSpan.FromSeconds(30));
        _store.Get(ResourceTypes.ConfigMaps, "payments", "a").ToJson()["data"]!["count"]!.GetValue<string>().ShouldBe("400");
        changes.Count.ShouldBe(400);
        changes.ShouldBeInOrder();
    }

    [Fact]
    public void Put_WhateverTheVersion_CreatesOrReplaces()
    {
        var first = _store.Put(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "one")));
        _store.Put(ResourceTypes.ConfigMaps, ConfigMap("a", data: ("key", "two")));
        _store.Put(ResourceTypes.ConfigMaps, first.ToJson()).Uid.ShouldBe(first.Uid);
        _store.Get(ResourceTypes.ConfigMaps, "payments", "a").ToJson()["data"]!["key"]!.GetValue<string>().ShouldBe("one");
    }
}
