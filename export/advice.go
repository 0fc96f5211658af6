package export

import (
	"io"
	"strings"

	"github.com/katop/katop/conn"
)

// WriteAdvice writes findings as text, in their order: what is wrong, which
// connections it is about, what serves best, and the ways out to copy.
func WriteAdvice(w io.Writer, findings []conn.Finding) error {
	var b strings.Builder
	if len(findings) == 0 {
		b.WriteString("Nothing to advise.\n")
	}
	for i := range findings {
		if i > 0 {
			b.WriteByte('\n')
		}
		f := &findings[i]
		b.WriteString(strings.ToUpper(f.Severity.String()) + "  " + conn.Printable(f.Title) + "\n")
		b.WriteString("  " + conn.Printable(f.Advice) + "\n")
		if f.Filter != "" {
			b.WriteString("  Filter: " + conn.Printable(f.Filter) + "\n")
		}
		for _, r := range f.Remedies {
			b.WriteString("\n  " + conn.Printable(r.Name) + ":\n")
			for line := range strings.Lines(r.Text) {
				b.WriteString("    " + conn.Printable(strings.TrimSuffix(line, "\n")) + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteAdviceJSON writes findings as one object. "filter" is null where a
// finding is about no connection that is there.
func WriteAdviceJSON(w io.Writer, s *conn.Snapshot, findings []conn.Finding) error {
	return writeObject(w, func(e *encoder) { e.moment(s) }, "findings", findings, (*encoder).finding)
}

func (e *encoder) finding(f *conn.Finding) {
	e.buf = append(e.buf, '{')
	e.text("kind", f.Kind.String())
	e.text("severity", f.Severity.String())
	e.text("title", f.Title)
	e.text("advice", f.Advice)
	e.textIf("filter", f.Filter)
	e.int("connections", int64(len(f.Members)))
	e.key("remedies")
	e.buf = append(e.buf, '[')
	for _, r := range f.Remedies {
		e.next()
		e.buf = append(e.buf, '{')
		e.text("name", r.Name)
		e.text("text", r.Text)
		e.close()
	}
	e.buf = append(e.buf, "]}"...)
}
