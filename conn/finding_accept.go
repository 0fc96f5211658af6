package conn

import (
	"fmt"
	"strconv"
)

// The finding about listeners whose accept queue is full.

// acceptAdvice says who lets an accept queue fill up.
const acceptAdvice = "Only accept(2) empties the queue: look at why the program does not call it (stack, log, CPU, descriptor limit). " +
	"A longer queue bridges a burst, no more."

func (v *survey) fullQueues(a *advisor) []Finding {
	return services(v.full, func(s service, p *party) Finding {
		fullest := listenerOf(p.members[0], &v.snapshot.Connections[p.members[0]])
		for _, row := range p.members[1:] {
			if l := listenerOf(row, &v.snapshot.Connections[row]); l.Queue-l.Limit > fullest.Queue-fullest.Limit {
				fullest = l
			}
		}
		title := fmt.Sprintf("accept queue full: %s %s, %s of %s", s.name(), s.at(), Whole(int(fullest.Queue)), Whole(int(fullest.Limit)))
		if n := len(p.members); n > 1 {
			title += " in the fullest of " + HowMany(n, "socket")
		}
		if ns := v.snapshot.namespace(v.snapshot.Connections[fullest.Row].NetNS.Inode); ns.Counters.Known {
			title += fmt.Sprintf("; its namespace has dropped %s so far", Whole(int(ns.Counters.ListenDrops)))
		}
		return Finding{
			Kind: FindingAcceptQueue, Title: title,
			Advice:   "New connections wait or are dropped: to the clients the service hangs. " + acceptAdvice,
			Filter:   s.filter("state:listen"),
			Remedies: a.accepting(p.members),
		}
	})
}

// accepting looks at the queue and makes it longer, as far as that is of use. The
// kernel takes the smaller of what listen(2) was given and somaxconn.
func (a *advisor) accepting(rows []int32) []Remedy {
	c := &a.snapshot.Connections[rows[0]]
	ns := a.snapshot.namespace(c.NetNS.Inode)
	into := a.entrances([]NetNS{c.NetNS})[0]
	queue := strconv.Itoa(max(4096, ns.Sysctls.MaxListen))
	remedies := []Remedy{
		{"ss, to watch the queue", fmt.Sprintf("# Recv-Q are those that wait, Send-Q is the limit\n%sss -ltn sport = :%d", into, c.Local.Port())},
		{"the program, where it listens", "listen(fd, " + queue + ");   /* a server has this as backlog in its configuration */"},
	}
	if ns.Sysctls.Known && ns.Sysctls.MaxListen < 4096 {
		settings := []string{"net.core.somaxconn=" + queue}
		remedies = append(remedies, Remedy{"sysctl, until the next boot", "# it caps what the program asks for; then start the program anew\n" + sysctl(into, settings)})
	}
	return remedies
}
