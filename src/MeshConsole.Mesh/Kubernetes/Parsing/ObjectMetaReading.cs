using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads <c>metadata</c>, leaving out what is large and not read: managed fields and the copy kubectl keeps.</summary>
internal static class ObjectMetaReading
{
    private static ReadOnlySpan<byte> LastApplied => "kubectl.kubernetes.io/last-applied-configuration"u8;

    /// <summary>Reads the value of the property <c>metadata</c> on which the reader stands.</summary>
    public static ObjectMeta ReadMeta(ref this Utf8JsonReader reader, StringPool strings, AnnotationFilter annotationFilter)
    {
        if (!reader.EnterObject("metadata"))
        {
            throw new MalformedObjectException("metadata is missing");
        }

        string? name = null;
        var @namespace = "";
        var uid = "";
        var resourceVersion = "";
        long? generation = null;
        DateTimeOffset createdAt = default;
        DateTimeOffset? deletedAt = null;
        var labels = ImmutableSortedDictionary<string, string>.Empty;
        var annotations = ImmutableSortedDictionary<string, string>.Empty;
        ImmutableArray<OwnerReference> owners = [];
        var managers = FieldManagers.None;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("name"u8))
            {
                name = reader.ReadUniqueString("metadata.name");
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                @namespace = reader.ReadString(strings, "metadata.namespace") ?? "";
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                uid = reader.ReadUniqueString("metadata.uid") ?? "";
            }
            else if (reader.ValueTextEquals("resourceVersion"u8))
            {
                resourceVersion = reader.ReadUniqueString("metadata.resourceVersion") ?? "";
            }
            else if (reader.ValueTextEquals("generation"u8))
            {
                generation = reader.ReadInt64("metadata.generation");
            }
            else if (reader.ValueTextEquals("creationTimestamp"u8))
            {
                createdAt = reader.ReadTime("metadata.creationTimestamp") ?? default;
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                deletedAt = reader.ReadTime("metadata.deletionTimestamp");
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                labels = reader.ReadMap(strings, "metadata.labels");
            }
            else if (reader.ValueTextEquals("annotations"u8))
            {
                annotations = ReadAnnotations(ref reader, strings, annotationFilter);
            }
            else if (reader.ValueTextEquals("ownerReferences"u8))
            {
                owners = ReadOwners(ref reader, strings);
            }
            else if (reader.ValueTextEquals("managedFields"u8))
            {
                managers = ReadManagers(ref reader, strings);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new ObjectMeta
        {
            Name = string.IsNullOrEmpty(name) ? throw new MalformedObjectException("metadata.name is missing") : name,
            Namespace = @namespace,
            Uid = uid,
            ResourceVersion = resourceVersion,
            Generation = generation,
            CreatedAt = createdAt,
            DeletedAt = deletedAt,
            Labels = labels,
            Annotations = annotations,
            Owners = owners,
            Managers = managers.Names,
            LastWriter = managers.Writer,
            WrittenAt = managers.WrittenAt,
        };
    }

    /// <summary>Reads a map of strings; a null value counts as an empty string, as in the API server.</summary>
    public static ImmutableSortedDictionary<string, string> ReadMap(ref this Utf8JsonReader reader, StringPool strings, string field)
    {
        if (!reader.EnterObject(field))
        {
            return ImmutableSortedDictionary<string, string>.Empty;
        }

        ImmutableSortedDictionary<string, string>.Builder? map = null;
        while (reader.NextProperty())
        {
            map ??= ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            var key = strings.Get(ref reader);
            map[key] = reader.ReadString(strings, field) ?? "";
        }

        return map is null ? ImmutableSortedDictionary<string, string>.Empty : strings.Get(map.ToImmutable());
    }

    /// <summary>Reads a map of annotations, leaving out what the filter does not keep.</summary>
    public static ImmutableSortedDictionary<string, string> ReadAnnotations(ref this Utf8JsonReader reader, StringPool strings, AnnotationFilter filter)
    {
        if (!reader.EnterObject("metadata.annotations"))
        {
            return ImmutableSortedDictionary<string, string>.Empty;
        }

        ImmutableSortedDictionary<string, string>.Builder? map = null;
        while (reader.NextProperty())
        {
            var lastApplied = reader.ValueTextEquals(LastApplied);
            // A key written with escapes does not occur in practice; it is compared as sent and then not kept.
            if (!lastApplied && !filter.Keeps(reader.ValueSpan))
            {
                reader.SkipValue();
                continue;
            }

            var key = strings.Get(ref reader);
            string? value = "";
            if (lastApplied)
            {
                // That it is there says who wrote the object; its value repeats the object (and the data of a Secret).
                reader.SkipValue();
            }
            else
            {
                reader.Read();
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                {
                    throw JsonReading.Unexpected("metadata.annotations", "a map of strings", reader.TokenType);
                }

                if (reader.ValueSpan.Length > filter.LongestValue)
                {
                    continue;
                }

                value = reader.TokenType == JsonTokenType.Null ? "" : strings.Get(ref reader);
            }

            map ??= ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            map[key] = value;
        }

        return map is null ? ImmutableSortedDictionary<string, string>.Empty : strings.Get(map.ToImmutable());
    }

    private static ImmutableArray<OwnerReference> ReadOwners(ref Utf8JsonReader reader, StringPool strings)
    {
        if (!reader.EnterArray("metadata.ownerReferences"))
        {
            return [];
        }

        var owners = ImmutableArray.CreateBuilder<OwnerReference>(1);
        while (reader.NextObject("metadata.ownerReferences"))
        {
            string? apiVersion = null;
            string? kind = null;
            string? name = null;
            string? uid = null;
            var controller = false;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("apiVersion"u8))
                {
                    apiVersion = reader.ReadString(strings, "ownerReferences.apiVersion");
                }
                else if (reader.ValueTextEquals("kind"u8))
                {
                    kind = reader.ReadString(strings, "ownerReferences.kind");
                }
                else if (reader.ValueTextEquals("name"u8))
                {
                    name = reader.ReadString(strings, "ownerReferences.name");
                }
                else if (reader.ValueTextEquals("uid"u8))
                {
                    uid = reader.ReadString(strings, "ownerReferences.uid");
                }
                else if (reader.ValueTextEquals("controller"u8))
                {
                    controller = reader.ReadBoolean("ownerReferences.controller");
                }
                else
                {
                    reader.SkipValue();
                }
            }

            owners.Add(new OwnerReference(apiVersion ?? "", kind ?? "", name ?? "", uid ?? "", controller));
        }

        return strings.Get(owners.DrainToImmutable());
    }

    private static FieldManagers ReadManagers(ref Utf8JsonReader reader, StringPool strings)
    {
        if (!reader.EnterArray("metadata.managedFields"))
        {
            return FieldManagers.None;
        }

        var managers = new SortedSet<string>(StringComparer.Ordinal);
        string? writer = null;
        DateTimeOffset? writtenAt = null;
        while (reader.NextObject("metadata.managedFields"))
        {
            string? manager = null;
            string? subresource = null;
            DateTimeOffset? time = null;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("manager"u8))
                {
                    manager = reader.ReadString(strings, "managedFields.manager");
                }
                else if (reader.ValueTextEquals("time"u8))
                {
                    time = reader.ReadTime("managedFields.time");
                }
                else if (reader.ValueTextEquals("subresource"u8))
                {
                    subresource = reader.ReadString(strings, "managedFields.subresource");
                }
                else
                {
                    reader.SkipValue();
                }
            }

            if (string.IsNullOrEmpty(manager))
            {
                continue;
            }

            managers.Add(manager);

            // A status is what a controller notes, not what somebody wants. Of two in the same second neither is known to be the later.
            if (string.IsNullOrEmpty(subresource) && time is { } at && (writtenAt is null || at >= writtenAt))
            {
                (writer, writtenAt) = (at == writtenAt && writer != manager ? null : manager, at);
            }
        }

        return new FieldManagers(strings.Get([.. managers]), writer, writtenAt);
    }

    /// <summary>What the managed fields tell without the fields.</summary>
    private readonly record struct FieldManagers(ImmutableArray<string> Names, string? Writer, DateTimeOffset? WrittenAt)
    {
        public static FieldManagers None { get; } = new([], null, null);
    }
}
