package conn

import "slices"

// pooling is how connections are kept for the next request.
type pooling struct {
	name     string
	programs []string // what processes are called that do so; none if no name tells
	server   bool     // it is told in a configuration, not in the source
	text     string
}

func poolings() []pooling {
	return []pooling{
		{"nginx", []string{"nginx", "openresty"}, true, `upstream NAME {
    server HOST:PORT;
    keepalive 32;   # idle ones that each worker keeps
}
# where proxy_pass http://NAME is
proxy_http_version 1.1;
proxy_set_header Connection "";`},
		{"HAProxy", []string{"haproxy"}, true, `# with mode http; out with "option httpclose" and "option http-server-close",
# in defaults and frontend, too: they close after every response
backend NAME
    # left out it is "safe": the first request of each client opens a
    # connection. With this it takes one that has been used again before, and
    # fails if the server closes that just then: clients must be able to retry.
    http-reuse aggressive
    # HAProxy retries itself, which is for requests that may come twice:
    # retry-on conn-failure empty-response
    server NAME HOST:PORT`},
		{"Go", nil, false, `// one client for all requests; read each Body to its end, and close it
t := http.DefaultTransport.(*http.Transport).Clone()
t.MaxIdleConnsPerHost = 100 // else 2; MaxIdleConns is 100 for all hosts
client := &http.Client{Transport: t}`},
		{"Python", []string{"python"}, false, "session = requests.Session()   # one for all requests, not requests.get"},
		{"Java", []string{"java"}, false, "HttpClient client = HttpClient.newHttpClient();   // one for all requests"},
		{"Node.js", []string{"node", "nodejs"}, false, "const agent = new http.Agent({ keepAlive: true });   // for every request"},
		{"Rust", nil, false, "let client = reqwest::Client::new();   // one for all requests"},
	}
}

// reuse is how a program keeps its connections instead of opening new ones: as
// its name tells, or else in every language.
func reuse(program string) []Remedy {
	var languages []Remedy
	for _, p := range poolings() {
		remedy := Remedy{p.name, p.text}
		if slices.ContainsFunc(p.programs, func(name string) bool { return isCalled(program, name) }) {
			return []Remedy{remedy}
		}
		if !p.server {
			languages = append(languages, remedy)
		}
	}
	return languages
}
