using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>One kind of object that the API server keeps: its names, the versions it is served in and how it behaves.</summary>
/// <remarks>Compared by reference: use the instances of <see cref="ResourceTypes"/>, or keep your own.</remarks>
public sealed class ResourceType
{
    /// <summary>The API group; empty for the core group.</summary>
    public required string Group { get; init; }

    /// <summary>The served versions, the preferred one first. All versions share one schema: conversion only changes <c>apiVersion</c>.</summary>
    public required ImmutableArray<string> Versions { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public ImmutableArray<string> ShortNames { get; init; } = [];

    public ImmutableArray<string> Categories { get; init; } = [];

    /// <summary>False for objects of the whole cluster, such as nodes.</summary>
    public bool Namespaced { get; init; } = true;

    /// <summary>
    /// True for kinds that are defined by a CustomResourceDefinition. Their list items carry <c>apiVersion</c> and <c>kind</c>,
    /// and they do not take strategic merge patches.
    /// </summary>
    public bool Custom { get; init; }

    /// <summary>True when <c>/status</c> is a resource of its own, and writes to the object itself leave <c>status</c> alone.</summary>
    public bool HasStatus { get; init; }

    /// <summary>True when <c>metadata.generation</c> counts the changes of the desired state.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>True when a PUT may leave out <c>metadata.resourceVersion</c> and so write over whatever is there.</summary>
    public bool AllowsUnconditionalUpdate { get; init; } = true;

    /// <summary>True when a PUT to a name that does not exist creates it.</summary>
    public bool CreatesOnUpdate { get; init; }

    /// <summary>Dotted paths that a field selector may name besides <c>metadata.name</c> and <c>metadata.namespace</c>.</summary>
    public ImmutableArray<string> SelectableFields { get; init; } = [];

    public string ListKind => Kind + "List";

    /// <summary>The version that discovery recommends.</summary>
    public string PreferredVersion => Versions[0];

    /// <summary>The name used in messages: <c>pods</c>, <c>virtualservices.networking.istio.io</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The kind as messages of validation name it: <c>Pod</c>, <c>VirtualService.networking.istio.io</c>.</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    /// <summary><c>v1</c>, <c>networking.istio.io/v1beta1</c>.</summary>
    public string ApiVersion(string version) => Group.Length == 0 ? version : $"{Group}/{version}";

    /// <inheritdoc/>
    public override string ToString() => QualifiedName;
}
