package conn

import (
	"cmp"
	"slices"
)

// FindingKind says what is wrong, the most harmful first.
type FindingKind uint8

// The kinds of findings.
const (
	FindingHalfOpen       FindingKind = iota // connections whose peer is certainly gone
	FindingPorts                             // the ports towards a destination are used up
	FindingAcceptQueue                       // a program does not accept what comes in
	FindingCloseWait                         // a program does not close what its peers have closed
	FindingNoKeepalive                       // a dead peer is never found
	FindingSlowDetection                     // a dead peer is found late
	FindingMiddlebox                         // a NAT or load balancer forgets connections before they are probed
	FindingOverProbing                       // more probes than anybody needs
	FindingKernelDefaults                    // the sysctls are those that the kernel came with
)

var findingNames = [...]string{
	"half-open", "ports", "accept-queue", "close-wait", "no-keepalive", "slow-detection", "middlebox", "over-probing", "kernel-defaults",
}

// String names the kind as the JSON has it.
func (k FindingKind) String() string { return findingNames[min(int(k), len(findingNames)-1)] }

// Finding is one thing that somebody should know of, and what can be done. Its
// texts have names of processes in them that are not made harmless yet.
type Finding struct {
	Kind     FindingKind
	Severity Severity
	Title    string  // one line, with the figures
	Members  []int32 // indexes of the connections that it is about
	Filter   string  // text of a filter that all members match, and as little else as can be said; "" if there are none
	Advice   string  // a sentence or two: what serves best
	Remedies []Remedy
}

// Remedy is a way out, as text to copy.
type Remedy struct {
	Name string // what it is for: "nginx", "sysctl, until the next boot"
	Text string // some lines, comments in the syntax of what they are for
}

// Findings looks a snapshot through. The parameters are what the remedies set:
// those of the profile "general", say. The most harmful stands first.
func Findings(s *Snapshot, th *Thresholds, p Params) []Finding {
	survey := newSurvey(s, th)
	for i := range s.Connections {
		survey.add(int32(i))
	}
	advisor := advisor{snapshot: s, thresholds: th, params: p}
	findings := slices.Concat(
		survey.halfOpen(&advisor),
		survey.ports(&advisor),
		survey.fullQueues(&advisor),
		survey.closeWait(&advisor),
		survey.noKeepalive(&advisor),
		survey.slowDetection(&advisor),
		survey.middlebox(&advisor),
		survey.overProbing(&advisor),
		survey.kernelDefaults(&advisor),
	)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(len(b.Members), len(a.Members)),
			cmp.Compare(a.Title, b.Title),
		)
	})
	return findings
}
