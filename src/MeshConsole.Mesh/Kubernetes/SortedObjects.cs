using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// Objects of one kind ordered by namespace and name. Changes are made in place; the immutable array is copied from it
/// only when somebody looks. Not safe for concurrent use.
/// </summary>
internal sealed class SortedObjects<T>
    where T : class, IKubernetesObject
{
    private readonly List<T> _objects = [];
    private ImmutableArray<T> _snapshot = [];
    private bool _changed;

    public int Count => _objects.Count;

    public ImmutableArray<T> Snapshot
    {
        get
        {
            if (_changed)
            {
                _snapshot = [.. _objects];
                _changed = false;
            }

            return _snapshot;
        }
    }

    public void Put(T item)
    {
        var index = Find(item.Meta.Namespace, item.Meta.Name);
        if (index >= 0)
        {
            _objects[index] = item;
        }
        else
        {
            _objects.Insert(~index, item);
        }

        _changed = true;
    }

    public bool Remove(string @namespace, string name)
    {
        var index = Find(@namespace, name);
        if (index < 0)
        {
            return false;
        }

        _objects.RemoveAt(index);
        _changed = true;
        return true;
    }

    /// <summary>Replaces all objects, or those of one namespace: what is not among the new ones is gone.</summary>
    /// <param name="namespace">Null for all.</param>
    public void Replace(string? @namespace, IReadOnlyList<T> items)
    {
        if (@namespace is null)
        {
            _objects.Clear();
        }
        else
        {
            _objects.RemoveAll(item => string.Equals(item.Meta.Namespace, @namespace, StringComparison.Ordinal));
        }

        _objects.AddRange(items);
        CollectionsMarshal.AsSpan(_objects).Sort(static (left, right) => Compare(left.Meta.Namespace, left.Meta.Name, right));
        RemoveDuplicates();
        _changed = true;
    }

    /// <summary>Pages of one snapshot never name an object twice; should a server do so, one copy stays and the watch corrects it.</summary>
    private void RemoveDuplicates()
    {
        for (var index = _objects.Count - 1; index > 0; index--)
        {
            if (Compare(_objects[index - 1].Meta.Namespace, _objects[index - 1].Meta.Name, _objects[index]) == 0)
            {
                _objects.RemoveAt(index);
            }
        }
    }

    private static int Compare(string @namespace, string name, T item)
    {
        var byNamespace = string.CompareOrdinal(@namespace, item.Meta.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(name, item.Meta.Name);
    }

    private int Find(string @namespace, string name)
    {
        var low = 0;
        var high = _objects.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Compare(@namespace, name, _objects[middle]);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }

        return ~low;
    }
}
