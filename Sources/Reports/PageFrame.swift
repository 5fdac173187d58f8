import Mustache

/// What all pages begin with, and how they are filled in.
enum PageFrame {
  /// A template's text up to the header's end: the page's `title` and `lead`, its style, and a policy by which a browser
  /// fetches nothing.
  ///
  /// - Parameter policy: what the page may do beside having a style, in the words of a content security policy.
  static func head(policy: String = "") -> String {
    """
    {{% CONTENT_TYPE:PAGE}}
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \(policy)">
    <title>{{title}}</title>
    <style>
    \(PageStyle.text)
    </style>
    </head>
    <body>
    <header>
    <h1>{{title}}</h1>
    <p class="lead">{{lead}}</p>
    </header>
    """
  }

  /// A page's text, every value escaped unless the template says otherwise.
  ///
  /// - Throws: ``ReportError/template(reason:)``.
  static func render(_ page: Any, by template: String) throws(ReportError) -> String {
    do {
      EscapedHTML.registration
      return try MustacheTemplate(string: template).render(page)
    } catch {
      throw .template(reason: "\(error)")
    }
  }
}
