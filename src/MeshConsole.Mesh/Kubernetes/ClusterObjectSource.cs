using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>Watches every kind the console reads in one cluster.</summary>
public sealed class ClusterObjectSource : IClusterObjectSource, IDisposable
{
    private readonly ImmutableArray<IResourceWatcher> _watchers;
    private readonly ApiDiscovery _discovery;
    private readonly Lock _lock = new();
    private readonly ResourceWatcher<Namespace> _namespaces;
    private readonly ResourceWatcher<Pod> _pods;
    private readonly ResourceWatcher<KubernetesService> _services;
    private readonly ResourceWatcher<EndpointSlice> _endpointSlices;
    private readonly ResourceWatcher<Controller> _deployments;
    private readonly ResourceWatcher<Controller> _replicaSets;
    private readonly ResourceWatcher<Node> _nodes;
    private readonly ResourceWatcher<CertificateBundle> _rootConfigMaps;
    private readonly ResourceWatcher<CertificateBundle> _linkerdTrustRoots;
    private readonly ResourceWatcher<CertificateBundle> _secrets;
    private readonly ResourceWatcher<WebhookConfiguration> _validatingWebhooks;
    private readonly ResourceWatcher<WebhookConfiguration> _mutatingWebhooks;
    private readonly ResourceWatcher<MeshObject> _virtualServices;
    private readonly ResourceWatcher<MeshObject> _destinationRules;
    private readonly ResourceWatcher<MeshObject> _gateways;
    private readonly ResourceWatcher<MeshObject> _serviceEntries;
    private readonly ResourceWatcher<MeshObject> _sidecars;
    private readonly ResourceWatcher<MeshObject> _peerAuthentications;
    private readonly ResourceWatcher<MeshObject> _authorizationPolicies;
    private readonly ResourceWatcher<MeshObject> _requestAuthentications;
    private readonly ResourceWatcher<MeshObject> _telemetries;
    private readonly ResourceWatcher<MeshObject> _kubernetesGateways;
    private readonly ResourceWatcher<MeshObject> _httpRoutes;
    private readonly ResourceWatcher<MeshObject> _grpcRoutes;
    private readonly ResourceWatcher<MeshObject> _referenceGrants;
    private readonly ResourceWatcher<MeshObject> _listenerSets;
    private readonly ResourceWatcher<MeshObject> _backendTlsPolicies;
    private readonly ResourceWatcher<MeshObject> _trafficSplits;
    private readonly ResourceWatcher<MeshObject> _certificates;
    private readonly ResourceWatcher<CronJob> _cronJobs;
    private readonly ResourceWatcher<ApiService> _apiServices;
    private readonly ResourceWatcher<MeshConfiguration> _meshConfigurations;
    private readonly ReferencedConfigMaps _referencedConfigMaps;
    private long _version;
    private View _view = new(-1, new ClusterObjects());

    public ClusterObjectSource(KubernetesClient client, ClusterWatchOptions options, TimeProvider time, ILogger<ClusterObjectSource> logger)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        _discovery = new ApiDiscovery(client, time);
        var watchers = ImmutableArray.CreateBuilder<IResourceWatcher>();

        ResourceWatcher<T> Watch<T>(ResourceKind kind, Func<ResourceType, ObjectParser<T>> parser)
            where T : class, IKubernetesObject
        {
            var watcher = new ResourceWatcher<T>(client, _discovery, kind, parser, options, time, logger);
            watcher.Changed += OnChanged;
            watchers.Add(watcher);
            return watcher;
        }

        ResourceWatcher<MeshObject> WatchMesh(ResourceKind kind) => Watch(kind, type => new MeshObjectParser(type.ApiVersion, type.Kind));

        _namespaces = Watch(ResourceKinds.Namespaces, _ => new NamespaceParser(options.Namespaces));
        _pods = Watch(ResourceKinds.Pods, _ => new PodParser());
        _services = Watch(ResourceKinds.Services, _ => new ServiceParser());
        _endpointSlices = Watch(ResourceKinds.EndpointSlices, _ => new EndpointSliceParser());
        _deployments = Watch(ResourceKinds.Deployments, type => new ControllerParser(type.Kind));
        _replicaSets = Watch(ResourceKinds.ReplicaSets, type => new ControllerParser(type.Kind));
        _nodes = Watch(ResourceKinds.Nodes, _ => new NodeParser());
        _rootConfigMaps = Watch(ResourceKinds.RootConfigMaps, _ => CertificateBundleParser.ForConfigMaps());
        _linkerdTrustRoots = Watch(ResourceKinds.LinkerdTrustRoots, _ => CertificateBundleParser.ForConfigMaps());
        _secrets = Watch(ResourceKinds.Secrets, _ => CertificateBundleParser.ForSecrets());
        _validatingWebhooks = Watch(ResourceKinds.ValidatingWebhooks, type => new WebhookConfigurationParser(type.Kind));
        _mutatingWebhooks = Watch(ResourceKinds.MutatingWebhooks, type => new WebhookConfigurationParser(type.Kind));
        _cronJobs = Watch(ResourceKinds.CronJobs, _ => new CronJobParser());
        _apiServices = Watch(ResourceKinds.ApiServices, _ => new ApiServiceParser());
        _meshConfigurations = Watch(ResourceKinds.MeshConfigurations, _ => new MeshConfigurationParser());
        _virtualServices = WatchMesh(ResourceKinds.VirtualServices);
        _destinationRules = WatchMesh(ResourceKinds.DestinationRules);
        _gateways = WatchMesh(ResourceKinds.Gateways);
        _serviceEntries = WatchMesh(ResourceKinds.ServiceEntries);
        _sidecars = WatchMesh(ResourceKinds.Sidecars);
        _peerAuthentications = WatchMesh(ResourceKinds.PeerAuthentications);
        _authorizationPolicies = WatchMesh(ResourceKinds.AuthorizationPolicies);
        _requestAuthentications = WatchMesh(ResourceKinds.RequestAuthentications);
        _telemetries = WatchMesh(ResourceKinds.Telemetries);
        _kubernetesGateways = WatchMesh(ResourceKinds.KubernetesGateways);
        _httpRoutes = WatchMesh(ResourceKinds.HttpRoutes);
        _grpcRoutes = WatchMesh(ResourceKinds.GrpcRoutes);
        _referenceGrants = WatchMesh(ResourceKinds.ReferenceGrants);
        _listenerSets = WatchMesh(ResourceKinds.ListenerSets);
        _backendTlsPolicies = WatchMesh(ResourceKinds.BackendTlsPolicies);
        _trafficSplits = WatchMesh(ResourceKinds.TrafficSplits);
        _certificates = WatchMesh(ResourceKinds.Certificates);

        // Which ConfigMaps are referred to is known once those that refer have been listed.
        _referencedConfigMaps = new ReferencedConfigMaps(
            client,
            Task.WhenAll(_gateways.Ready, _backendTlsPolicies.Ready),
            () => ConfigMapReferences.Of(_gateways.Items, _backendTlsPolicies.Items),
            time,
            logger);
        _gateways.Changed += _referencedConfigMaps.Wake;
        _backendTlsPolicies.Changed += _referencedConfigMaps.Wake;
        _referencedConfigMaps.Changed += OnChanged;
        watchers.Add(_referencedConfigMaps);
        _watchers = watchers.DrainToImmutable();
        Ready = Task.WhenAll(_watchers.Select(watcher => watcher.Ready));
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public ClusterObjects Objects
    {
        get
        {
            var view = Volatile.Read(ref _view);
            return view.Version == Interlocked.Read(ref _version) ? view.Objects : Rebuild();
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<SourceStatus> Sources =>
        [.. _watchers.Where(watcher => watcher is not ReferencedConfigMaps { IsIdle: true }).Select(watcher => watcher.Status).OrderBy(status => status.Name, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public Task Ready { get; }

    /// <inheritdoc/>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_watchers.Select(watcher => watcher.RunAsync(cancellationToken)));

    public void Dispose() => _discovery.Dispose();

    private void OnChanged()
    {
        Interlocked.Increment(ref _version);
        Changed?.Invoke();
    }

    private ClusterObjects Rebuild()
    {
        lock (_lock)
        {
            // Read before the lists: a change in between makes the view count as old once more than needed, never as new.
            var version = Interlocked.Read(ref _version);
            if (_view.Version == version)
            {
                return _view.Objects;
            }

            // Each list is the watcher's own: it is the same instance as before unless that kind changed.
            var objects = new ClusterObjects
            {
                Namespaces = _namespaces.Items,
                Pods = _pods.Items,
                Services = _services.Items,
                EndpointSlices = _endpointSlices.Items,
                Deployments = _deployments.Items,
                ReplicaSets = _replicaSets.Items,
                Nodes = _nodes.Items,
                RootConfigMaps = _rootConfigMaps.Items,
                LinkerdTrustRoots = _linkerdTrustRoots.Items,
                ReferencedConfigMaps = _referencedConfigMaps.Items,
                Secrets = _secrets.Items,
                ValidatingWebhooks = _validatingWebhooks.Items,
                MutatingWebhooks = _mutatingWebhooks.Items,
                CronJobs = _cronJobs.Items,
                ApiServices = _apiServices.Items,
                MeshConfigurations = _meshConfigurations.Items,
                VirtualServices = _virtualServices.Items,
                DestinationRules = _destinationRules.Items,
                Gateways = _gateways.Items,
                ServiceEntries = _serviceEntries.Items,
                Sidecars = _sidecars.Items,
                PeerAuthentications = _peerAuthentications.Items,
                AuthorizationPolicies = _authorizationPolicies.Items,
                RequestAuthentications = _requestAuthentications.Items,
                Telemetries = _telemetries.Items,
                KubernetesGateways = _kubernetesGateways.Items,
                HttpRoutes = _httpRoutes.Items,
                GrpcRoutes = _grpcRoutes.Items,
                ReferenceGrants = _referenceGrants.Items,
                ListenerSets = _listenerSets.Items,
                BackendTlsPolicies = _backendTlsPolicies.Items,
                TrafficSplits = _trafficSplits.Items,
                Certificates = _certificates.Items,
            };

            // State changes raise Changed as well; where no list changed, neither does the instance.
            if (objects == _view.Objects)
            {
                objects = _view.Objects;
            }

            Volatile.Write(ref _view, new View(version, objects));
            return objects;
        }
    }

    private sealed record View(long Version, ClusterObjects Objects);
}
