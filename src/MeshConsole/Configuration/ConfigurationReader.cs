using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;

namespace MeshConsole.Configuration;

/// <summary>
/// Binds the section strictly: every key must exist and every value must parse. The framework's binder stops at the first
/// fault and ignores unknown keys, so that a typing error in a key would silently leave a default in force.
/// </summary>
internal static class ConfigurationReader
{
    /// <summary>Reads the section; faults name the key, the value and what is legal.</summary>
    public static (MeshConsoleOptions Options, ImmutableArray<ConfigurationFault> Faults) Read(IConfiguration configuration)
    {
        var faults = ImmutableArray.CreateBuilder<ConfigurationFault>();
        var section = configuration.GetSection(MeshConsoleOptions.SectionName);
        var options = new MeshConsoleOptions();
        Fill(options, section, faults);
        return (options, faults.ToImmutable());
    }

    private static void Fill(object target, IConfigurationSection section, ImmutableArray<ConfigurationFault>.Builder faults)
    {
        var properties = target.GetType().GetProperties().Where(p => p.CanWrite).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                var known = string.Join(", ", properties.Values.Select(p => p.Name).Order(StringComparer.Ordinal));
                faults.Add(new ConfigurationFault(child.Path, child.Value, $"this key is not known here; legal keys are {known}"));
                continue;
            }

            SetProperty(target, property, child, faults);
        }
    }

    private static void SetProperty(object target, PropertyInfo property, IConfigurationSection section, ImmutableArray<ConfigurationFault>.Builder faults)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type != typeof(string) && typeof(IList).IsAssignableFrom(type))
        {
            property.SetValue(target, ReadList(type, section, faults));
            return;
        }

        if (type.Namespace == typeof(MeshConsoleOptions).Namespace && !type.IsEnum)
        {
            var nested = property.GetValue(target) ?? Activator.CreateInstance(type)!;
            Fill(nested, section, faults);
            property.SetValue(target, nested);
            return;
        }

        if (string.IsNullOrEmpty(section.Value))
        {
            // An empty value means "not set": that is how an environment variable is unset in most deployment tools.
            if (section.GetChildren().Any())
            {
                faults.Add(new ConfigurationFault(section.Path, null, $"has keys below it; {Legal(type)} is expected"));
            }

            return;
        }

        if (TryParse(type, section.Value, out var value))
        {
            property.SetValue(target, value);
        }
        else
        {
            faults.Add(new ConfigurationFault(section.Path, section.Value, $"{Legal(type)} is expected"));
        }
    }

    private static IList ReadList(Type type, IConfigurationSection section, ImmutableArray<ConfigurationFault>.Builder faults)
    {
        var list = (IList)Activator.CreateInstance(type)!;
        var element = type.GetGenericArguments()[0];
        if (!string.IsNullOrEmpty(section.Value))
        {
            if (element == typeof(string))
            {
                foreach (var part in section.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    list.Add(part);
                }
            }
            else
            {
                faults.Add(new ConfigurationFault(section.Path, section.Value, "a list is expected, with keys 0, 1, …"));
            }
        }

        foreach (var child in section.GetChildren())
        {
            if (element == typeof(string))
            {
                if (!string.IsNullOrEmpty(child.Value))
                {
                    list.Add(child.Value);
                }

                continue;
            }

            var item = Activator.CreateInstance(element)!;
            Fill(item, child, faults);
            list.Add(item);
        }

        return list;
    }

    private static bool TryParse(Type type, string text, out object? value)
    {
        value = null;
        if (type == typeof(string))
        {
            value = text;
        }
        else if (type == typeof(bool))
        {
            value = bool.TryParse(text, out var parsed) ? parsed : null;
        }
        else if (type == typeof(int))
        {
            value = int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
        }
        else if (type == typeof(double))
        {
            value = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) && double.IsFinite(parsed) ? parsed : null;
        }
        else if (type == typeof(TimeSpan))
        {
            // A bare number would be read as days.
            value = text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
        }
        else if (type.IsEnum)
        {
            // Enum.Parse takes numbers too, and they are not part of the contract.
            var name = Enum.GetNames(type).FirstOrDefault(n => string.Equals(n, text, StringComparison.OrdinalIgnoreCase));
            value = name is null ? null : Enum.Parse(type, name);
        }
        else
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "no reader for this type of option");
        }

        return value is not null;
    }

    private static string Legal(Type type) => type switch
    {
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(int) => "a whole number",
        _ when type == typeof(double) => "a number with a decimal point",
        _ when type == typeof(TimeSpan) => "a time such as 00:00:15 (hours:minutes:seconds) or 7.00:00:00 (days before the point)",
        _ when type.IsEnum => "one of " + string.Join(", ", Enum.GetNames(type)),
        _ => "a text",
    };
}
