package conn

import "strings"

// pooling is how connections are kept for the next request.
type pooling struct {
	name    string
	program string // what processes are called that do so, as a prefix; "" if no name tells
	server  bool   // it is told in a configuration, not in the source
	text    string
}

func poolings() []pooling {
	return []pooling{
		{"nginx", "nginx", true, `upstream NAME {
    server HOST:PORT;
    keepalive 32;   # idle ones that each worker keeps
}
# where proxy_pass http://NAME is
proxy_http_version 1.1;
proxy_set_header Connection "";`},
		{"HAProxy", "haproxy", true, `# with mode http, and without option httpclose and http-server-close
backend NAME
    http-reuse safe
    server NAME HOST:PORT pool-max-conn 100`},
		{"Go", "", false, `// one client for all requests; read each Body to its end, and close it
client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}`},
		{"Python", "python", false, "session = requests.Session()   # one for all requests, not requests.get"},
		{"Java", "java", false, "HttpClient client = HttpClient.newHttpClient();   // one for all requests"},
		{"Node.js", "node", false, "const agent = new http.Agent({ keepAlive: true });   // for every request"},
		{"Rust", "", false, "let client = reqwest::Client::new();   // one for all requests"},
	}
}

// reuse is how a program keeps its connections instead of opening new ones: as
// its name tells, or else in every language.
func reuse(program string) []Remedy {
	var languages []Remedy
	for _, p := range poolings() {
		remedy := Remedy{p.name, p.text}
		if p.program != "" && strings.HasPrefix(program, p.program) {
			return []Remedy{remedy}
		}
		if !p.server {
			languages = append(languages, remedy)
		}
	}
	return languages
}
