package conn

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFilterManual holds docs/filter.md against the parser: its examples are
// filters, its mistakes give those errors, its table has every field and the
// values it lists exist.
func TestFilterManual(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/filter.md")
	if err != nil {
		t.Fatal(err)
	}
	manual := string(text)

	examples := fenced(manual, "filter")
	if len(examples) < 20 {
		t.Errorf("only %d examples found", len(examples))
	}
	for _, line := range examples {
		filter, _, _ := strings.Cut(line, " #")
		if f, err := ParseEventFilter(filter); err != nil {
			t.Errorf("%s: %v", line, err)
		} else if f.Empty() {
			t.Errorf("%q is empty", line)
		}
	}

	mistakes := fenced(manual, "error")
	if len(mistakes) < 3 {
		t.Errorf("only %d mistakes found", len(mistakes))
	}
	for _, line := range mistakes {
		filter, want, _ := strings.Cut(line, "    ")
		_, err := ParseFilter(filter)
		if err == nil || err.Error() != strings.TrimSpace(want) {
			t.Errorf("%q: %v, the manual says %s", filter, err, want)
		}
	}

	row := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| [^|]+ \\| ([^|]+) \\|$")
	var names []string
	listed := map[string]string{}
	for _, match := range row.FindAllStringSubmatch(manual, -1) {
		names = append(names, match[1])
		listed[match[1]] = match[2]
	}
	if diff := cmp.Diff(fieldNames(), names); diff != "" {
		t.Errorf("fields (-parser +manual):\n%s", diff)
	}
	for name, values := range map[string][]string{
		"verdict": VerdictNames(), "severity": SeverityNames(), "timer": timerNames[:],
		"event": eventKindNames[:], "cause": causeNames[:],
	} {
		var got []string
		for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(listed[name], -1) {
			got = append(got, match[1])
		}
		if diff := cmp.Diff(values, got); diff != "" {
			t.Errorf("values of %s (-parser +manual):\n%s", name, diff)
		}
	}
}

// fenced are the lines of all code blocks with this label.
func fenced(text, label string) []string {
	var lines []string
	inside := false
	for line := range strings.Lines(text) {
		switch line = strings.TrimRight(line, "\n"); {
		case line == "```"+label:
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside && line != "":
			lines = append(lines, line)
		}
	}
	return lines
}
