using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Reads CronJobs. Of what their containers are told only names of hosts are kept: the rest may hold secrets.</summary>
internal sealed class CronJobParser : ObjectParser<CronJob>
{
    private readonly StringPool _strings = new();
    private readonly SortedSet<string> _hosts = new(StringComparer.Ordinal);

    public override CronJob Parse(ReadOnlySpan<byte> utf8Json)
    {
        _hosts.Clear();
        var reader = JsonReading.Open(utf8Json);
        ObjectMeta? meta = null;
        DateTimeOffset? last = null;
        var template = new Template();
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                meta = reader.ReadMeta(_strings, AnnotationFilter.Secrets);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                ReadSpec(ref reader, template);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                last = ReadStatus(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return new CronJob(
            meta ?? throw new MalformedObjectException("metadata is missing"),
            template.Schedule ?? "",
            string.IsNullOrEmpty(template.TimeZone) ? null : template.TimeZone,
            template.Suspended,
            last,
            template.Labels,
            template.Annotations,
            template.HostNetwork,
            [.. _hosts]);
    }

    private void ReadSpec(ref Utf8JsonReader reader, Template template)
    {
        if (!reader.EnterObject("spec"))
        {
            return;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("schedule"u8))
            {
                template.Schedule = reader.ReadString(_strings, "spec.schedule");
            }
            else if (reader.ValueTextEquals("timeZone"u8))
            {
                template.TimeZone = reader.ReadString(_strings, "spec.timeZone");
            }
            else if (reader.ValueTextEquals("suspend"u8))
            {
                template.Suspended = reader.ReadBoolean("spec.suspend");
            }
            else if (reader.ValueTextEquals("jobTemplate"u8))
            {
                ReadNested(ref reader, "spec.jobTemplate", "spec"u8, template, ReadJobSpec);
            }
            else
            {
                reader.SkipValue();
            }
        }
    }

    private delegate void Reading(ref Utf8JsonReader reader, Template template);

    /// <summary>Enters an object and reads one property of it.</summary>
    private static void ReadNested(ref Utf8JsonReader reader, string field, ReadOnlySpan<byte> wanted, Template template, Reading read)
    {
        if (!reader.EnterObject(field))
        {
            return;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals(wanted))
            {
                read(ref reader, template);
            }
            else
            {
                reader.SkipValue();
            }
        }
    }

    private void ReadJobSpec(ref Utf8JsonReader reader, Template template) => ReadNested(ref reader, "spec.jobTemplate.spec", "template"u8, template, ReadPodTemplate);

    private void ReadPodTemplate(ref Utf8JsonReader reader, Template template)
    {
        if (!reader.EnterObject("template"))
        {
            return;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                if (!reader.EnterObject("template.metadata"))
                {
                    continue;
                }

                while (reader.NextProperty())
                {
                    if (reader.ValueTextEquals("labels"u8))
                    {
                        template.Labels = reader.ReadMap(_strings, "template.metadata.labels");
                    }
                    else if (reader.ValueTextEquals("annotations"u8))
                    {
                        template.Annotations = reader.ReadAnnotations(_strings, AnnotationFilter.Pods);
                    }
                    else
                    {
                        reader.SkipValue();
                    }
                }
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                ReadPodSpec(ref reader, template);
            }
            else
            {
                reader.SkipValue();
            }
        }
    }

    private void ReadPodSpec(ref Utf8JsonReader reader, Template template)
    {
        if (!reader.EnterObject("template.spec"))
        {
            return;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("hostNetwork"u8))
            {
                template.HostNetwork = reader.ReadBoolean("template.spec.hostNetwork");
            }
            else if (reader.ValueTextEquals("containers"u8) || reader.ValueTextEquals("initContainers"u8))
            {
                ReadContainers(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }
    }

    private void ReadContainers(ref Utf8JsonReader reader)
    {
        const string Field = "template.spec.containers";
        if (!reader.EnterArray(Field))
        {
            return;
        }

        while (reader.NextObject(Field))
        {
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("command"u8) || reader.ValueTextEquals("args"u8))
                {
                    ReadTexts(ref reader, Field);
                }
                else if (reader.ValueTextEquals("env"u8))
                {
                    ReadEnvironment(ref reader);
                }
                else
                {
                    reader.SkipValue();
                }
            }
        }
    }

    private void ReadTexts(ref Utf8JsonReader reader, string field)
    {
        if (!reader.EnterArray(field))
        {
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                HostNames.Collect(reader.GetString()!, _hosts);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadEnvironment(ref Utf8JsonReader reader)
    {
        const string Field = "template.spec.containers.env";
        if (!reader.EnterArray(Field))
        {
            return;
        }

        while (reader.NextObject(Field))
        {
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("value"u8) && reader.ReadUniqueString(Field) is { } value)
                {
                    HostNames.Collect(value, _hosts);
                }
                else if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    reader.SkipValue();
                }
            }
        }
    }

    private static DateTimeOffset? ReadStatus(ref Utf8JsonReader reader)
    {
        DateTimeOffset? last = null;
        if (!reader.EnterObject("status"))
        {
            return last;
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("lastScheduleTime"u8))
            {
                last = reader.ReadTime("status.lastScheduleTime");
            }
            else
            {
                reader.SkipValue();
            }
        }

        return last;
    }

    private sealed class Template
    {
        public string? Schedule { get; set; }

        public string? TimeZone { get; set; }

        public bool Suspended { get; set; }

        public bool HostNetwork { get; set; }

        public ImmutableSortedDictionary<string, string> Labels { get; set; } = ImmutableSortedDictionary<string, string>.Empty;

        public ImmutableSortedDictionary<string, string> Annotations { get; set; } = ImmutableSortedDictionary<string, string>.Empty;
    }
}
