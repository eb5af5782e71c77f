using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace WebApp.Tests.Testing;

/// <summary>Reads out of compiled code which other static initialisers one needs, also through what it calls.</summary>
internal static class StaticInitialiser
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>
    /// The types of the same assembly with an initialiser of their own that runs because of this type's. Calls of
    /// interfaces and of overridden methods are not followed.
    /// </summary>
    public static IReadOnlySet<Type> NeedsOf(Type type)
    {
        var needs = new HashSet<Type>();
        var seen = new HashSet<int>();
        var waiting = new Stack<MethodBase>([type.TypeInitializer!]);
        while (waiting.TryPop(out var method))
        {
            if (method.Module != type.Module || !seen.Add(method.MetadataToken))
                continue;

            // The body of an async method or an iterator.
            var machine = method.GetCustomAttribute<StateMachineAttribute>()?.StateMachineType;
            if (machine?.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.NonPublic) is { } body)
                waiting.Push(body);
            foreach (var member in MembersIn(method))
            {
                if (member is MethodBase called)
                    waiting.Push(called);
                if (Initialises(member) && member.DeclaringType is { } other && IsAnother(other, type))
                    needs.Add(other);
            }
        }

        return needs;
    }

    /// <summary>Whether a compiler or generator made it.</summary>
    public static bool IsGenerated(Type type) =>
        type.FullName!.Contains('<', StringComparison.Ordinal)
        || type.Namespace?.StartsWith("WebApp", StringComparison.Ordinal) is false;

    private static bool IsAnother(Type other, Type type) =>
        other != type && other.Module == type.Module && other.TypeInitializer is not null && !IsGenerated(other);

    /// <summary>
    /// Its use runs the initialiser: of a static field; with a static constructor written out, also of a method.
    /// </summary>
    private static bool Initialises(MemberInfo member) => member switch
    {
        FieldInfo field => field.IsStatic,
        MethodBase method => (method.IsStatic || method.IsConstructor)
            && method.DeclaringType?.Attributes.HasFlag(TypeAttributes.BeforeFieldInit) is false,
        _ => false,
    };

    private static IEnumerable<MemberInfo> MembersIn(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        var ofType = method.DeclaringType?.GetGenericArguments();
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var isLong = code[at] == 0xFE;
            var operation = OpCodesByValue[isLong ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += operation.Size;
            if (operation.OperandType is OperandType.InlineField or OperandType.InlineMethod)
                yield return method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod)!;

            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}
