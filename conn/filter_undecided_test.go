package conn

import "testing"

// TestUndecided holds that a filter matches, fails, or is undecided.
func TestUndecided(t *testing.T) {
	t.Parallel()
	c := end(hostNS, 1, StateEstablished, "10.0.0.5:443", "192.0.2.7:50000")
	c.TCP = TCP{}
	for text, want := range map[string]string{
		"":                        "matches",
		"lport:443":               "matches",
		"lport:80":                "fails",
		"proc:nginx":              "undecided",
		"-proc:nginx":             "undecided",
		"proc:nginx lport:443":    "undecided",
		"proc:nginx lport:80":     "fails",
		"lport:80 silent>5m":      "fails",
		"silent>5m state:estab":   "undecided",
		"-silent>5m -state:estab": "fails",
		"-lport:80 verdict:ok":    "matches",
		"idle>300 unit:web :443":  "undecided",
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		got := "fails"
		switch {
		case f.Match(&c) && f.Undecided(&c):
			got = "both"
		case f.Match(&c):
			got = "matches"
		case f.Undecided(&c):
			got = "undecided"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	var none *Filter
	if none.Undecided(&c) {
		t.Error("no filter is undecided")
	}
}
