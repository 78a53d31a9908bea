using System.Text;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>Label names in a fixed order. Open columns take in every label that comes along; closed ones only those named.</summary>
public sealed class LabelColumns
{
    private readonly List<byte[]> _utf8 = [];
    private readonly List<string> _names = [];
    private readonly bool _open;

    private LabelColumns(bool open, IEnumerable<string> names)
    {
        _open = open;
        foreach (var name in names)
        {
            _names.Add(name);
            _utf8.Add(Encoding.UTF8.GetBytes(name));
        }
    }

    public int Count => _names.Count;

    public IReadOnlyList<string> Names => _names;

    public static LabelColumns Closed(params ReadOnlySpan<string> names) => new(false, names.ToArray());

    public static LabelColumns Open() => new(true, []);

    /// <summary>The column of a label, or -1 when it is not wanted.</summary>
    internal int Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _utf8.Count; i++)
        {
            if (name.SequenceEqual(_utf8[i]))
            {
                return i;
            }
        }

        if (!_open)
        {
            return -1;
        }

        _names.Add(Encoding.UTF8.GetString(name));
        _utf8.Add(name.ToArray());
        return _utf8.Count - 1;
    }
}
