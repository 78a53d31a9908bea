using System.Collections.Immutable;
using Bunit;
using MeshConsole.Authentication;
using MeshConsole.Components;
using MeshConsole.Components.Changes;
using MeshConsole.Demo;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Links;
using MeshConsole.Mesh.Mtls.History;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshConsole.Tests.Components;

/// <summary>A page in a circuit of its own: fake views, a clock that stands, and a browser that answers nothing.</summary>
public abstract class ComponentTest : BunitContext
{
    private protected FakeMeshViews Views { get; } = new();

    private protected FakeMeshSnapshots Snapshots { get; } = new(SampleViews.Snapshot());

    private protected FakeDemoScenarios Demo { get; } = new();

    private protected FakeSignalTrends Trends { get; } = new();

    private protected FakePanelTrends PanelTrends { get; } = new();

    private protected FakeCoverageTrends Coverage { get; } = new();

    private protected FakeReadiness Readiness { get; } = new();

    private protected FakeChangeService Service { get; } = new();

    private protected FakeAudit Audit { get; } = new();

    private protected FakeTriage Triage { get; } = new();

    private protected FakePast Past { get; } = new();

    private protected FakeIncidents Files { get; } = new();

    private protected FakeTimeProvider Time { get; } = new(SampleViews.Now);

    private protected FakeSwitches Switches { get; }

    private protected FakeAuditLog Recorded { get; } = new();

    private protected FakeOutbox Outbox { get; } = new();

    protected ComponentTest()
    {
        Switches = new FakeSwitches(Time);

        // On a loaded machine an answer takes its time; what never comes still fails.
        DefaultWaitTimeout = TimeSpan.FromSeconds(60);
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddSingleton<IMeshViews>(Views);
        Services.AddSingleton<IMeshSnapshots>(Snapshots);
        Services.AddSingleton<IDemoScenarios>(Demo);
        Services.AddSingleton<ISignalTrends>(Trends);
        Services.AddSingleton<IPanelTrends>(PanelTrends);
        Services.AddSingleton<ICoverageTrends>(Coverage);
        Services.AddSingleton<IReadinessParts>(Readiness);
        Services.AddSingleton<IChangeService>(Service);
        Services.AddSingleton<IAuditReading>(Audit);
        Services.AddSingleton<ITriage>(Triage);
        Services.AddSingleton<IPastSnapshots>(Past);
        Services.AddSingleton<ITimelineStore>(Triage);
        Services.AddSingleton(LinkSet.None);
        Services.AddSingleton<IIncidentStore>(Files);
        Services.AddSingleton<IEvidenceReader>(Files);
        Services.AddSingleton<ProblemOnsets>();
        Services.AddSingleton(provider => new IncidentService(Files, Recorded, Files, provider.GetRequiredService<ProblemOnsets>(), Time));
        Services.AddSingleton<ISwitchStore>(Switches);
        Services.AddSingleton<IAuditLog>(Recorded);
        Services.AddSingleton<IChangeNotices, NoNotices>();
        Services.AddSingleton<INotificationOutbox>(Outbox);
        Services.AddSingleton<SwitchService>();
        Services.AddSingleton<OutboxService>();
        Services.AddSingleton<OpenChangesFeed>();
        Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Time));
        Services.AddSingleton(UserInterfaceOptions.Default);
    }

    /// <summary>A page at an address, with the snapshot as the layout cascades it.</summary>
    private protected IRenderedComponent<TPage> Page<TPage>(string address = "", MeshSnapshot? snapshot = null)
        where TPage : IComponent
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<TPage>(parameters => parameters.AddCascadingValue(snapshot ?? SampleViews.Snapshot()));
    }

    /// <summary>The same, opened by somebody.</summary>
    private protected IRenderedComponent<TPage> PageAs<TPage>(Actor actor, string address, MeshSnapshot? snapshot = null)
        where TPage : IComponent
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<TPage>(parameters => parameters
            .AddCascadingValue(snapshot ?? SampleViews.Snapshot())
            .AddCascadingValue(Task.FromResult(new AuthenticationState(ActorClaims.ToPrincipal(actor))))
            .AddCascadingValue(new OpenChanges(Service.All, actor, null)));
    }

    /// <summary>A cluster whose sources are as given and that holds nothing.</summary>
    private protected static MeshSnapshot Bare(params SourceStatus[] sources) => new(3, SampleViews.Now,
    [
        new ClusterSnapshot { Name = SampleMesh.Cluster, Sources = [.. sources], Objects = new ClusterObjects(), Workloads = [], Services = [], Edges = [] },
    ]);

    private protected void NothingInAnyView()
    {
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [], Edges = [] };
        Views.OnMtls = SampleViews.Mtls with { Namespaces = [], Plaintext = [], Coverage = new() { Message = "No traffic." } };
        Views.OnPolicies = [];
        Views.OnCertificates = [];
        Views.OnHops = [];
        Views.OnRoutes = [];
        Views.OnOverview = SampleViews.Overview with { Canaries = [], NextExpiries = [] };
    }

    /// <summary>Text as it is read: thin spaces as spaces, white space collapsed.</summary>
    private protected static string Read(string text) => string.Join(' ', text.Replace(Format.Thin, ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
