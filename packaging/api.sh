#!/bin/sh
# The public names on one page, in the headers' own words.  Prints HTML.
#
# A header is a chapter: a comment that opens it, then pieces, each a comment and the code below it, up to a blank line.
# Its words are printed as they are, but for what is private.

set -eu
cd "$(dirname "$0")/.."

awk -v version="$(sed -n 's/.*version = "\([0-9.]*\)";.*/\1/p' engine/build_info.cpp)" '
function escaped(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); return s }

# The name that a line declares: of a type, an alias, a constant or a function; none in a body, none that is told elsewhere.
function name_of(line) {
    if (line ~ /^(template|#|[{}]|\/\/|friend| |private|public)/ || line ~ /^(struct|class) [A-Za-z_0-9]+;/) return ""
    if (match(line, /^(struct|class|enum class|using|concept) [A-Za-z_0-9]+/)) {
        line = substr(line, RSTART, RLENGTH); sub(/.* /, "", line); return line
    }
    if (line ~ /operator/) { match(line, /operator[^(]*\(/); return substr(line, RSTART, RLENGTH - 1) }
    sub(/ = .*| *\{.*|;.*/, "", line)
    if (line ~ /\(/) sub(/\(.*/, "", line)
    return match(line, /[A-Za-z_0-9]+$/) ? substr(line, RSTART) : ""
}

# Prose as paragraphs; what is indented in it, as it stands.
function prose(text,    lines, n, i, out, open, tag) {
    n = split(text, lines, "\n"); out = ""; open = ""
    for (i = 1; i <= n; ++i) {
        tag = lines[i] == "" ? "" : lines[i] ~ /^(  |\t)/ ? "pre" : "p"
        if (open == "pre" && tag == "" && lines[i + 1] ~ /^  /) tag = "pre"
        if (tag != open) { if (open) out = out "</" open ">\n"; if (tag) out = out "<" tag ">"; open = tag }
        else if (tag) out = out "\n"
        if (tag) out = out escaped(lines[i])
    }
    return out (open ? "</" open ">\n" : "")
}

function piece(    lines, n, i, id, name) {
    if (code == "") { if (words != "") body = body prose(words); words = ""; return }
    gsub(/\n+};/, "\n};", code)
    body = body "<section>" (words != "" ? prose(words) : "") "<pre>"
    n = split(code, lines, "\n")
    for (i = 1; i <= n; ++i) {
        name = name_of(lines[i])
        if (name != "" && !((header, name) in indexed)) {
            id = header "-" name; gsub(/[^A-Za-z0-9_-]/, "-", id)
            while (id in used) id = id "-"
            used[id] = indexed[header, name] = 1
            names = names " <a href=\"#" id "\">" escaped(name) "</a>"
            body = body "<span id=\"" id "\"></span>"
        }
        body = body escaped(lines[i]) (i < n ? "\n" : "")
    }
    body = body "</pre></section>\n"
    code = words = ""
}

function chapter_ends() {
    piece()
    if (header == "") return
    contents = contents "<li><a href=\"#" header "\"><code>" header "</code></a> " escaped(question) "<br><small>" names "</small></li>\n"
    chapters = chapters "<h2 id=\"" header "\"><code>&lt;deepen/" header "&gt;</code></h2>\n" body
}

FNR == 1 { chapter_ends(); header = FILENAME; question = substr($0, 4); body = names = ""; words = ""; code = "" }
/^#(pragma|include)/ || /^}  \/\/ namespace/ || /^namespace / { piece(); next }
# A blank line ends a piece, but not within a class, whose private part is left out.
/^private:/ { hidden = 1 }
/^};/ { hidden = 0; inside = 0 }
hidden { next }
/^$/ && inside { code = code "\n"; next }
/^$/ { piece(); next }
/^\/\/ ---/ { piece(); gsub(/^\/\/ -+ | -+$/, ""); body = body "<h3>" escaped($0) "</h3>\n"; next }
/^\/\// && code == "" { line = $0; sub(/^\/\/ ?/, "", line); words = words (words == "" ? "" : "\n") line; next }
{ code = code (code == "" ? "" : "\n") $0 }
/^(class|struct) [^;]*\{$/ { inside = 1 }

END {
    chapter_ends()
    print "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
    print "<title>Deepen " version ": public names</title>\n<style>"
    print ":root { color-scheme: light dark } body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }"
    print "pre, code { font-family: ui-monospace, monospace } section { margin: 1.2rem 0 } h2 { margin-top: 3rem; border-top: 1px solid #8886; padding-top: 1rem }"
    print "section > pre { background: #8881; border-left: 3px solid #58a; padding: .6rem .8rem; overflow-x: auto; font-size: .85rem }"
    print "p + pre, section pre { overflow-x: auto } small a { margin-right: .4rem } li { margin: .4rem 0 } a { color: #37b } @media (prefers-color-scheme: dark) { a { color: #8bf } }"
    print "</style></head><body>\n<h1>Deepen " version "</h1>\n<p>The public names, as their headers explain them. <code>#include &lt;deepen/deepen.h&gt;</code> has all of them.</p>"
    print "<ul>\n" contents "</ul>\n" chapters "</body></html>"
}' $(sh packaging/headers.sh --list)
