package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/katop/katop/conn"
)

// adviceWidth is how wide advice is set: the terminal of a server's console.
const adviceWidth = 80

// WriteAdvice writes findings as text, in their order: what is wrong, which
// connections it is about, what serves best, and the ways out to copy. What
// several findings share stands there once: the advice at the first of them, a
// remedy under its number behind them all.
func WriteAdvice(w io.Writer, findings []conn.Finding) error {
	if len(findings) == 0 {
		_, err := io.WriteString(w, "Nothing to advise.\n")
		return err
	}
	var b strings.Builder
	shared := sharedRemedies(findings)
	advised := map[string]bool{}
	for i := range findings {
		f := &findings[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		severity := strings.ToUpper(f.Severity.String()) + "  "
		fold(&b, severity, strings.Repeat(" ", len(severity)), conn.Printable(f.Title))
		if !advised[f.Advice] {
			advised[f.Advice] = true
			fold(&b, "  ", "  ", conn.Printable(f.Advice))
		}
		if f.Filter != "" {
			b.WriteString("  Filter: " + conn.Printable(f.Filter) + "\n")
		}
		writeRemedies(&b, f.Remedies, shared)
	}
	if len(shared) > 0 {
		b.WriteString("\nFor several of these:\n")
	}
	for i, r := range shared {
		fmt.Fprintf(&b, "\n  %s %s:\n", number(i), conn.Printable(r.Name))
		writeRemedy(&b, r)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sharedRemedies are those that more than one finding has, in the order in which
// they come up.
func sharedRemedies(findings []conn.Finding) []conn.Remedy {
	times := map[conn.Remedy]int{}
	var all []conn.Remedy
	for i := range findings {
		for _, r := range findings[i].Remedies {
			if times[r]++; times[r] == 1 {
				all = append(all, r)
			}
		}
	}
	return slices.DeleteFunc(all, func(r conn.Remedy) bool { return times[r] == 1 })
}

// writeRemedies writes the remedies that a finding has alone, and names the
// others by their numbers.
func writeRemedies(b *strings.Builder, remedies, shared []conn.Remedy) {
	for _, r := range remedies {
		if !slices.Contains(shared, r) {
			b.WriteString("\n  " + conn.Printable(r.Name) + ":\n")
			writeRemedy(b, r)
		}
	}
	var below []string
	for i, r := range shared {
		if slices.Contains(remedies, r) {
			below = append(below, number(i)+" "+conn.Printable(r.Name))
		}
	}
	if len(below) > 0 {
		b.WriteByte('\n')
		fold(b, "  Below: ", "  ", strings.Join(below, "; "))
	}
}

func number(i int) string { return fmt.Sprintf("[%d]", i+1) }

func writeRemedy(b *strings.Builder, r conn.Remedy) {
	for line := range strings.Lines(r.Text) {
		b.WriteString("    " + conn.Printable(strings.TrimSuffix(line, "\n")) + "\n")
	}
}

// fold writes text in lines of at most adviceWidth, broken at blanks.
func fold(b *strings.Builder, first, next, text string) {
	b.WriteString(first)
	column, begun := width(first), false
	for word := range strings.FieldsSeq(text) {
		switch {
		case !begun:
		case column+1+width(word) > adviceWidth:
			b.WriteString("\n" + next)
			column = width(next)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column, begun = column+width(word), true
	}
	b.WriteByte('\n')
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
