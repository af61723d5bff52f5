// What every cmdlet of the module does: it binds as PowerShell binds, then asks the world (a test, in another process) what to do.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;

namespace Microsoft.Rtc.Management
{
    public abstract class WorldCmdlet : PSCmdlet
    {
        private TcpClient _line;
        private readonly ManualResetEventSlim _stop = new ManualResetEventSlim();

        protected abstract string CmdletName { get; }
        protected virtual bool Asks { get { return false; } }

        protected override void BeginProcessing() { Ask("begin", true); }

        protected override void ProcessRecord()
        {
            bool proceed = !Asks || ShouldProcess(Target(), CmdletName);
            Ask("process", proceed);
        }

        protected override void StopProcessing()
        {
            _stop.Set();
            TcpClient line = _line;
            if (line != null) line.Close();
        }

        private string Target()
        {
            foreach (string name in new[] { "PoolFqdn", "Identity", "ComputerName" })
                if (MyInvocation.BoundParameters.TryGetValue(name, out object value) && value != null) return value.ToString();
            return "Global";
        }

        private void Ask(string stage, bool proceed)
        {
            int port = int.Parse(Environment.GetEnvironmentVariable("LYNCOPS_WORLD_PORT"), CultureInfo.InvariantCulture);
            using (TcpClient line = new TcpClient("127.0.0.1", port))
            {
                _line = line;
                line.NoDelay = true;
                StreamReader reader = new StreamReader(line.GetStream());
                StreamWriter writer = new StreamWriter(line.GetStream()) { AutoFlush = true, NewLine = "\n" };
                try
                {
                    writer.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object> {
                        { "cmdlet", CmdletName }, { "stage", stage }, { "proceed", proceed },
                        { "set", ParameterSetName }, { "machine", Environment.GetEnvironmentVariable("LYNCOPS_MACHINE") }, { "process", Environment.ProcessId }, { "parameters", Bound() } }));
                    for (string said = reader.ReadLine(); said != null; said = reader.ReadLine())
                    {
                        JsonElement action = JsonDocument.Parse(said).RootElement;
                        if (action.GetProperty("do").GetString() == "end") return;
                        object answer = Do(action);
                        writer.WriteLine(JsonSerializer.Serialize(answer));
                    }
                }
                catch (Exception error) when (_stop.IsSet && !(error is PipelineStoppedException)) { }
                if (_stop.IsSet) throw new PipelineStoppedException();
                throw new InvalidOperationException("The world of the tests hung up.");
            }
        }

        private Dictionary<string, object> Bound()
        {
            Dictionary<string, object> bound = new Dictionary<string, object>();
            foreach (KeyValuePair<string, object> each in MyInvocation.BoundParameters) bound[each.Key] = Plain(each.Value);
            return bound;
        }

        private static object Plain(object value)
        {
            if (value is PSObject wrapped) value = wrapped.BaseObject;
            if (value == null || value is string || value is bool) return value;
            if (value is SwitchParameter flag) return flag.IsPresent;
            if (value is Enum || value is char) return value.ToString();
            if (value.GetType().IsPrimitive) return value;
            if (value is IDictionary) return value.ToString();
            if (value is IEnumerable many) return many.Cast<object>().Select(Plain).ToArray();
            return value.ToString();
        }

        private object Do(JsonElement action)
        {
            string text = action.TryGetProperty("text", out JsonElement said) ? said.GetString() : "";
            switch (action.GetProperty("do").GetString())
            {
                case "output": WriteObject(Values.Make(action.GetProperty("value"), this), Flag(action, "enumerate")); break;
                case "error": WriteError(Values.Record(action)); break;
                case "throw": ThrowTerminatingError(Values.Record(action)); break;
                case "raise": throw Values.Exception(action);
                case "verbose": WriteVerbose(text); break;
                case "warning": WriteWarning(text); break;
                case "debug": WriteDebug(text); break;
                case "information": WriteInformation(text, new[] { "Lync" }); break;
                case "host": Host.UI.WriteLine(text); break;
                case "progress":
                    WriteProgress(new ProgressRecord(1, text, action.GetProperty("status").GetString()) {
                        PercentComplete = action.GetProperty("percent").GetInt32(), SecondsRemaining = 10 });
                    break;
                case "shouldContinue": return ShouldContinue(text, "Confirm");
                case "choice":
                    return Host.UI.PromptForChoice("Confirm", text, new Collection<ChoiceDescription> {
                        new ChoiceDescription("&Yes"), new ChoiceDescription("&No") }, 0);
                case "readLine": return Host.UI.ReadLine();
                case "command":
                    foreach (PSObject each in InvokeCommand.NewScriptBlock(text).Invoke()) WriteObject(each);
                    break;
            }
            return null;
        }

        private static bool Flag(JsonElement action, string name)
        {
            return action.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
        }
    }

    internal static class Values
    {
        internal static object Make(JsonElement value, PSCmdlet cmdlet)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Null: return null;
                case JsonValueKind.True: return true;
                case JsonValueKind.False: return false;
                case JsonValueKind.String: return value.GetString();
                case JsonValueKind.Number: return value.TryGetInt32(out int small) ? small : value.TryGetInt64(out long big) ? (object)big : value.GetDouble();
                case JsonValueKind.Array: return value.EnumerateArray().Select(each => Make(each, cmdlet)).ToArray();
                default: break;
            }
            if (value.TryGetProperty("$script", out JsonElement script))
            {
                Collection<PSObject> made = cmdlet.InvokeCommand.NewScriptBlock(script.GetString()).Invoke();
                return made.Count == 1 ? made[0] : made.ToArray();
            }
            return Instance(value, cmdlet);
        }

        private static object Instance(JsonElement value, PSCmdlet cmdlet)
        {
            string name = value.GetProperty("$type").GetString();
            JsonElement properties = value.GetProperty("properties");
            Type type = typeof(Values).Assembly.GetType(name);
            if (type == null) throw new InvalidOperationException("The module has no type " + name);
            object made = Activator.CreateInstance(type);
            foreach (JsonProperty each in properties.EnumerateObject())
            {
                System.Reflection.PropertyInfo property = type.GetProperty(each.Name);
                if (property == null) throw new InvalidOperationException(name + " has no property " + each.Name);
                object inner = Make(each.Value, cmdlet);
                if (inner == null) continue;
                property.SetValue(made, LanguagePrimitives.ConvertTo(inner, property.PropertyType, CultureInfo.InvariantCulture));
            }
            return made;
        }

        internal static ErrorRecord Record(JsonElement action)
        {
            ErrorCategory category = (ErrorCategory)Enum.Parse(typeof(ErrorCategory), action.GetProperty("category").GetString());
            return new ErrorRecord(Exception(action), action.GetProperty("id").GetString(), category, null);
        }

        internal static Exception Exception(JsonElement action)
        {
            Exception inner = action.TryGetProperty("inner", out JsonElement nested) && nested.ValueKind == JsonValueKind.Object ? Exception(nested) : null;
            string name = action.GetProperty("exception").GetString();
            Type type = LanguagePrimitives.ConvertTo<Type>(name);
            string message = action.GetProperty("message").GetString();
            if (action.TryGetProperty("code", out JsonElement code) && code.ValueKind == JsonValueKind.Number)
                return (Exception)Activator.CreateInstance(type, code.GetInt32(), message);
            return inner == null ? (Exception)Activator.CreateInstance(type, message) : (Exception)Activator.CreateInstance(type, message, inner);
        }
    }

    public abstract class TextIdentity
    {
        private readonly string _text;

        protected TextIdentity(string text)
        {
            if (string.IsNullOrWhiteSpace(text)) throw new ArgumentException("The value is empty.");
            _text = text;
        }

        public override string ToString() { return _text; }
    }
}

namespace Microsoft.Rtc.Management.Deploy
{
    public sealed class Fqdn : TextIdentity
    {
        public Fqdn(string text) : base(text)
        {
            foreach (string label in text.Split('.'))
                if (label.Length == 0 || label.Length > 63 || label.Any(each => !char.IsLetterOrDigit(each) && each != '-' && each != '_'))
                    throw new ArgumentException("\"" + text + "\" is not a fully qualified domain name.");
        }
    }
}

namespace Microsoft.Rtc.Management.Xds
{
    public sealed class XdsIdentity : TextIdentity { public XdsIdentity(string text) : base(text) { } }

    public sealed class XdsGlobalRelativeIdentity : TextIdentity { public XdsGlobalRelativeIdentity(string text) : base(text) { } }
}

namespace Microsoft.Rtc.Management.AD
{
    public sealed class UserIdParameter : TextIdentity { public UserIdParameter(string text) : base(text) { } }

    public sealed class OUIdParameter : TextIdentity { public OUIdParameter(string text) : base(text) { } }
}

namespace Microsoft.Rtc.Rgs.Management
{
    public sealed class RgsIdentity : Microsoft.Rtc.Management.TextIdentity { public RgsIdentity(string text) : base(text) { } }
}

namespace Microsoft.Rtc.Management.ADConnect.Core
{
    public struct Unlimited<T> where T : struct
    {
        private readonly T? _value;

        public Unlimited(T value) { _value = value; }

        public static Unlimited<T> Parse(string text)
        {
            if (string.Equals(text, "Unlimited", StringComparison.OrdinalIgnoreCase)) return new Unlimited<T>();
            return new Unlimited<T>((T)Convert.ChangeType(text, typeof(T), CultureInfo.InvariantCulture));
        }

        public static implicit operator Unlimited<T>(T value) { return new Unlimited<T>(value); }

        public override string ToString() { return _value.HasValue ? _value.Value.ToString() : "Unlimited"; }
    }
}
