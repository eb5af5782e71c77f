using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.TagHelpers;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Passwords;

namespace WebApp.Pages;

/// <summary>
/// A field for a password: what is asked of a new one stands before it, and <c>wwwroot/password.js</c> adds a button that shows what was typed
/// and says what it thinks of a new one. Without scripts nothing of that is missing.
/// </summary>
[HtmlTargetElement("input", Attributes = "asp-for, [type=password]")]
public sealed class PasswordFieldTagHelper(IOptions<PasswordSettings> settings) : TagHelper
{
    private static readonly object On = new();

    /// <summary>Before the helper that ties messages to the field, which adds to what this one writes.</summary>
    public override int Order => -1;

    [HtmlAttributeName("asp-for")]
    public required ModelExpression For { get; set; }

    /// <summary>Characters that a new password needs. Unless it is given, that of an account with a password alone.</summary>
    public int? MinLength { get; set; }

    [ViewContext, HtmlAttributeNotBound]
    public required ViewContext ViewContext { get; set; }

    /// <summary>Whether the page that was rendered has such a field.</summary>
    public static bool IsOn(HttpContext context) => context.Items.ContainsKey(On);

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        ViewContext.HttpContext.Items[On] = null;
        var id = TagBuilder.CreateSanitizedId(For.Name, "_");
        var isNew = output.Attributes["autocomplete"]?.Value.ToString() == "new-password";
        var minLength = MinLength ?? settings.Value.MinLength;
        if (isNew)
        {
            output.PreElement.AppendHtml($"""<p class="hint" id="{id}-hint">At least {minLength} characters. {PasswordRules.Advice}</p>""");
            output.Attributes.SetAttribute("aria-describedby", $"{output.Attributes["aria-describedby"]?.Value} {id}-hint".Trim());
        }

        output.PreElement.AppendHtml("""<span class="password">""");
        output.PostElement.AppendHtml("</span>");
        if (isNew)
            output.PostElement.AppendHtml($"""<span class="strength" data-for="{id}" data-min-length="{minLength}" aria-live="polite"></span>""");
    }
}
