using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads pods. Init containers that end are left out; those with <c>restartPolicy: Always</c> are native sidecars.</summary>
internal sealed class PodParser : ObjectParser<Pod>
{
    private readonly StringPool _strings = new();
    private readonly List<DeclaredContainer> _declared = [];
    private readonly List<ReportedContainer> _reported = [];
    private readonly List<int> _ports = [];

    public override Pod Parse(ReadOnlySpan<byte> utf8Json)
    {
        _declared.Clear();
        _reported.Clear();
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        var spec = default(Spec);
        var status = default(Status);
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.Pods);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                spec = ReadSpec(ref reader);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                status = ReadStatus(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new Pod
        {
            Meta = meta ?? throw new MalformedObjectException("metadata is missing"),
            Phase = status.Phase,
            Ready = status.Ready,
            NodeName = spec.NodeName,
            Ip = status.Ip,
            ServiceAccount = spec.ServiceAccount,
            HostNetwork = spec.HostNetwork,
            Containers = Containers(),
        };
    }

    private Spec ReadSpec(ref Utf8JsonReader reader)
    {
        var spec = default(Spec);
        if (!reader.EnterObject("spec"))
        {
            return spec;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("containers"u8))
            {
                ReadDeclared(ref reader, "spec.containers", init: false);
            }
            else if (reader.ValueTextEquals("initContainers"u8))
            {
                ReadDeclared(ref reader, "spec.initContainers", init: true);
            }
            else if (reader.ValueTextEquals("nodeName"u8))
            {
                spec.NodeName = reader.ReadString(_strings, "spec.nodeName");
            }
            else if (reader.ValueTextEquals("serviceAccountName"u8))
            {
                spec.ServiceAccount = reader.ReadString(_strings, "spec.serviceAccountName");
            }
            else if (reader.ValueTextEquals("hostNetwork"u8))
            {
                spec.HostNetwork = reader.ReadBoolean("spec.hostNetwork");
            }
            else
            {
                reader.SkipValue();
            }
        }

        return spec;
    }

    private void ReadDeclared(ref Utf8JsonReader reader, string field, bool init)
    {
        if (!reader.EnterArray(field))
        {
            return;
        }

        while (reader.NextObject(field))
        {
            string? name = null;
            string? image = null;
            var always = false;
            _ports.Clear();
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    name = reader.ReadString(_strings, field);
                }
                else if (reader.ValueTextEquals("image"u8))
                {
                    image = reader.ReadString(_strings, field);
                }
                else if (reader.ValueTextEquals("restartPolicy"u8))
                {
                    always = string.Equals(reader.ReadString(_strings, field), "Always", StringComparison.Ordinal);
                }
                else if (reader.ValueTextEquals("ports"u8))
                {
                    ReadPorts(ref reader, field);
                }
                else
                {
                    reader.SkipValue();
                }
            }

            if (!init || always)
            {
                var ports = _strings.Get(ImmutableArray.CreateRange(_ports));
                _declared.Add(new DeclaredContainer(name ?? throw new MalformedObjectException($"{field} holds a container without a name"), image ?? "", init, ports));
            }
        }
    }

    private void ReadPorts(ref Utf8JsonReader reader, string field)
    {
        if (!reader.EnterArray(field))
        {
            return;
        }

        while (reader.NextObject(field))
        {
            while (reader.NextProperty())
            {
                if (!reader.ValueTextEquals("containerPort"u8))
                {
                    reader.SkipValue();
                }
                else if (reader.ReadInt32(field) is { } port)
                {
                    _ports.Add(port);
                }
            }
        }
    }

    private Status ReadStatus(ref Utf8JsonReader reader)
    {
        var status = default(Status);
        if (!reader.EnterObject("status"))
        {
            return status;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("phase"u8))
            {
                status.Phase = reader.ReadString(_strings, "status.phase") switch
                {
                    "Pending" => PodPhase.Pending,
                    "Running" => PodPhase.Running,
                    "Succeeded" => PodPhase.Succeeded,
                    "Failed" => PodPhase.Failed,
                    _ => PodPhase.Unknown,
                };
            }
            else if (reader.ValueTextEquals("podIP"u8))
            {
                status.Ip = reader.ReadUniqueString("status.podIP");
            }
            else if (reader.ValueTextEquals("conditions"u8))
            {
                status.Ready = reader.ReadCondition(_strings, "Ready") == true;
            }
            else if (reader.ValueTextEquals("containerStatuses"u8))
            {
                ReadReported(ref reader, "status.containerStatuses", init: false);
            }
            else if (reader.ValueTextEquals("initContainerStatuses"u8))
            {
                ReadReported(ref reader, "status.initContainerStatuses", init: true);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return status;
    }

    private void ReadReported(ref Utf8JsonReader reader, string field, bool init)
    {
        if (!reader.EnterArray(field))
        {
            return;
        }

        while (reader.NextObject(field))
        {
            string? name = null;
            var ready = false;
            var restarts = 0;
            string? waiting = null;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    name = reader.ReadString(_strings, field);
                }
                else if (reader.ValueTextEquals("ready"u8))
                {
                    ready = reader.ReadBoolean(field);
                }
                else if (reader.ValueTextEquals("restartCount"u8))
                {
                    restarts = reader.ReadInt32(field) ?? 0;
                }
                else if (reader.ValueTextEquals("state"u8))
                {
                    waiting = ReadWaitingReason(ref reader, field);
                }
                else
                {
                    reader.SkipValue();
                }
            }

            if (name is not null)
            {
                _reported.Add(new ReportedContainer(name, init, ready, restarts, waiting));
            }
        }
    }

    private string? ReadWaitingReason(ref Utf8JsonReader reader, string field)
    {
        string? reason = null;
        if (!reader.EnterObject(field))
        {
            return reason;
        }

        while (reader.NextProperty())
        {
            if (!reader.ValueTextEquals("waiting"u8))
            {
                reader.SkipValue();
            }
            else if (reader.EnterObject(field))
            {
                reason = "Waiting";
                while (reader.NextProperty())
                {
                    if (reader.ValueTextEquals("reason"u8))
                    {
                        reason = reader.ReadString(_strings, field) ?? reason;
                    }
                    else
                    {
                        reader.SkipValue();
                    }
                }
            }
        }

        return reason;
    }

    private ImmutableArray<Container> Containers()
    {
        if (_declared.Count == 0)
        {
            return [];
        }

        var containers = ImmutableArray.CreateBuilder<Container>(_declared.Count);
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var declared in _declared)
            {
                if (declared.Init == (pass == 1))
                {
                    var reported = _reported.Find(candidate => candidate.Init == declared.Init && string.Equals(candidate.Name, declared.Name, StringComparison.Ordinal));
                    containers.Add(new Container(declared.Name, declared.Image, declared.Init, reported.Ready, reported.Restarts, reported.Waiting, declared.Ports));
                }
            }
        }

        return _strings.Get(containers.MoveToImmutable());
    }

    private struct Spec
    {
        public string? NodeName;
        public string? ServiceAccount;
        public bool HostNetwork;
    }

    private struct Status
    {
        public PodPhase Phase;
        public bool Ready;
        public string? Ip;
    }

    private readonly record struct DeclaredContainer(string Name, string Image, bool Init, ImmutableArray<int> Ports);

    private readonly record struct ReportedContainer(string Name, bool Init, bool Ready, int Restarts, string? Waiting);
}
