using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace WebApp.Pages;

/// <summary>Ties a field that was refused to its message, for those who hear the page. The first one of a page has the focus.</summary>
[HtmlTargetElement("input", Attributes = "asp-for")]
[HtmlTargetElement("select", Attributes = "asp-for")]
[HtmlTargetElement("textarea", Attributes = "asp-for")]
public sealed class FieldErrorsTagHelper : TagHelper
{
    [HtmlAttributeName("asp-for")]
    public required ModelExpression For { get; set; }

    [ViewContext, HtmlAttributeNotBound]
    public required ViewContext ViewContext { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        if (ViewContext.ModelState.GetFieldValidationState(For.Name) != ModelValidationState.Invalid)
            return;

        var describedBy = $"{output.Attributes["aria-describedby"]?.Value} {MessageId(For)}";
        output.Attributes.SetAttribute("aria-invalid", "true");
        output.Attributes.SetAttribute("aria-describedby", describedBy.Trim());
        if (ViewContext.HttpContext.Items.TryAdd(typeof(FieldErrorsTagHelper), null))
            output.Attributes.SetAttribute(new TagHelperAttribute("autofocus"));
    }

    internal static string MessageId(ModelExpression field) => $"{field.Name}-error";
}

/// <summary>Gives the message the id that its field refers to.</summary>
[HtmlTargetElement("p", Attributes = "asp-validation-for")]
[HtmlTargetElement("span", Attributes = "asp-validation-for")]
public sealed class FieldMessageTagHelper : TagHelper
{
    [HtmlAttributeName("asp-validation-for")]
    public required ModelExpression For { get; set; }

    public override void Process(TagHelperContext context, TagHelperOutput output) =>
        output.Attributes.SetAttribute("id", FieldErrorsTagHelper.MessageId(For));
}
