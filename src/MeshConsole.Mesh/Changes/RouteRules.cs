using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>The rules of any route object, read by the reader of its kind.</summary>
internal static class RouteRules
{
    public const string VirtualService = "VirtualService";
    public const string HttpRoute = "HTTPRoute";
    public const string GrpcRoute = "GRPCRoute";
    public const string TrafficSplit = "TrafficSplit";

    /// <summary>Rules in the order in which the object tries them.</summary>
    public static ImmutableArray<RouteRuleText> Of(MeshObject route, string domain, RouteDelegates delegates, ReferenceGrants grants) => route.Kind switch
    {
        VirtualService => VirtualServiceReader.Rules(route, domain, delegates),
        TrafficSplit => TrafficSplitReader.Rules(route, domain),
        _ => GatewayRouteReader.Rules(route, domain, grants),
    };

    public static ImmutableArray<string> Hosts(MeshObject route, string domain, RouteDelegates delegates) => route.Kind switch
    {
        VirtualService => VirtualServiceReader.Hosts(route, domain, delegates),
        TrafficSplit => TrafficSplitReader.Hosts(route, domain),
        _ => GatewayRouteReader.Hosts(route, domain),
    };

    public static ImmutableArray<string> AppliesAt(MeshObject route, RouteDelegates delegates) => route.Kind switch
    {
        VirtualService => VirtualServiceReader.AppliesAt(route, delegates),
        TrafficSplit => ["mesh"],
        _ => GatewayRouteReader.AppliesAt(route),
    };

    /// <summary>What an omitted weight stands for: 0 in a VirtualService, 1 in the Gateway API; a TrafficSplit may not omit it.</summary>
    public static int OmittedWeight(string kind) => kind is HttpRoute or GrpcRoute ? 1 : 0;
}
