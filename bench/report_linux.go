package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// report is what came of a run.
type report struct {
	plan     plan
	machine  machine
	burdens  []burden
	frames   heat
	contests heat
	answers  answers
	bulks    heat
	scales   []heat
	notes    []string
}

// heat is what was measured by turns with the same sockets.
type heat struct {
	sockets int
	timings []timing
}

// find is the timing of a contestant, nil if it did not take part.
func (h *heat) find(name string) *timing {
	for i := range h.timings {
		if h.timings[i].name == name {
			return &h.timings[i]
		}
	}
	return nil
}

// ratio is how many times as long one took as the other: the median of the
// rounds, in each of which they ran close to one another. It is false if one of
// them did not take part.
func (h *heat) ratio(name, against string) (float64, bool) {
	a, b := h.find(name), h.find(against)
	if a == nil || b == nil {
		return 0, false
	}
	ratios := make([]float64, len(a.samples))
	for i := range ratios {
		ratios[i] = float64(a.samples[i].wall) / float64(b.samples[i].wall)
	}
	return middle(ratios), true
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// markdown is the section of docs/benchmarks.md.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %.0f GB, Linux %s. Half of the sockets have keepalive on; both ends of each connection are here.\n",
		r.machine.cpu, r.machine.cores, float64(r.machine.memory)/1e9, r.machine.kernel)
	fmt.Fprintf(&b, "Medians of %d rounds, in which all take their turns.\n", r.plan.rounds)
	r.goalTable(&b)
	r.contestTable(&b)
	r.burdenTable(&b)
	r.answerTable(&b)
	r.scaleTable(&b)
	for i, note := range r.notes {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s\n", note)
	}
	return b.String()
}

func (r *report) goalTable(b *strings.Builder) {
	goals := r.goals()
	if len(goals) == 0 {
		return
	}
	b.WriteString("\n| what | goal | measured | met |\n|---|---|---|---|\n")
	for _, g := range goals {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", g.what, g.aim, g.measured, map[bool]string{true: "yes", false: "**no**"}[g.met])
	}
}

func (r *report) contestTable(b *strings.Builder) {
	h := &r.contests
	if len(h.timings) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s sockets | how | median | least | CPU | of the bare dump | of ss |\n|---|---|---|---|---|---|---|\n", conn.Whole(h.sockets))
	for i := range h.timings {
		t := &h.timings[i]
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s | %s | %s |\n", t.name, t.command, milliseconds(t.median()), milliseconds(t.least()),
			milliseconds(t.cpu()), h.against(t.name, nameFloor), h.against(t.name, nameSS))
	}
}

func (h *heat) against(name, base string) string {
	ratio, known := h.ratio(name, base)
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.2f", ratio)
}

func (r *report) burdenTable(b *strings.Builder) {
	if len(r.burdens) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| the monitor, %d×%d, a poll a second, %v | CPU | peak memory |\n|---|---|---|\n", terminalWidth, terminalHeight, r.plan.watch)
	for _, u := range r.burdens {
		fmt.Fprintf(b, "| %s sockets | %.1f %% of a core | %.0f MB |\n", conn.Whole(u.sockets), u.percent, float64(u.peak)/1e6)
	}
}

func (r *report) answerTable(b *strings.Builder) {
	a := &r.answers
	if len(a.names) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| from key to frame, %s sockets, a poll a second | keys | median | p99 |\n|---|---|---|---|\n", conn.Whole(a.sockets))
	line := func(name string, took []time.Duration) {
		fmt.Fprintf(b, "| %s | %d | %s | %s |\n", name, len(took), milliseconds(middle(took)), milliseconds(quantile(took, 0.99)))
	}
	for _, name := range a.names {
		line(name, a.by[name])
	}
	line("all", a.all())
	if len(a.settled) > 0 {
		line("until the rows stand in the new order", a.settled)
	}
}

func (r *report) scaleTable(b *strings.Builder) {
	if len(r.scales) == 0 {
		return
	}
	b.WriteString("\n| a socket costs |")
	for _, h := range r.scales {
		fmt.Fprintf(b, " %s sockets |", conn.Whole(h.sockets))
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(r.scales)) + "|\n")
	for _, t := range r.scales[0].timings {
		fmt.Fprintf(b, "| %s |", t.name)
		for i := range r.scales {
			fmt.Fprintf(b, " %.2f µs |", r.scales[i].each(t.name))
		}
		b.WriteByte('\n')
	}
}

// each is what one socket costs, in microseconds.
func (h *heat) each(name string) float64 {
	return float64(h.find(name).median()) / float64(h.sockets) / float64(time.Microsecond)
}

func milliseconds(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// The markers between which a document has the section.
const (
	beginMarker = "<!-- bench-scale: written by make bench-scale -->\n"
	endMarker   = "<!-- bench-scale: end -->\n"
)

// writeInto puts the section into a document in place of the last one.
func (r *report) writeInto(path string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(document, []byte(beginMarker))
	_, after, ends := bytes.Cut(rest, []byte(endMarker))
	if !begins || !ends {
		return fmt.Errorf("%s: %w", path, errNoMarkers)
	}
	section := beginMarker + "\n" + r.markdown() + "\n" + endMarker
	return os.WriteFile(path, append(append(before[:len(before):len(before)], section...), after...), 0o644) //nolint:gosec // a document that everybody may read
}

var errNoMarkers = errors.New("it has no section to write: the markers of bench-scale are not there")
