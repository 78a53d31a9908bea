using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

internal static class ConditionReading
{
    /// <summary>Status of one condition of the list on whose property the reader stands; null when missing or Unknown.</summary>
    public static bool? ReadCondition(ref this Utf8JsonReader reader, StringPool strings, string wanted)
    {
        bool? found = null;
        if (!reader.EnterArray("status.conditions"))
        {
            return found;
        }

        while (reader.NextObject("status.conditions"))
        {
            string? type = null;
            string? status = null;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("type"u8))
                {
                    type = reader.ReadString(strings, "status.conditions.type");
                }
                else if (reader.ValueTextEquals("status"u8))
                {
                    status = reader.ReadString(strings, "status.conditions.status");
                }
                else
                {
                    reader.SkipValue();
                }
            }

            if (string.Equals(type, wanted, StringComparison.Ordinal))
            {
                found = status switch
                {
                    "True" => true,
                    "False" => false,
                    _ => null,
                };
            }
        }

        return found;
    }
}
