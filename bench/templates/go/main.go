// Renders the list with html/template: PROGRAM DATA TEMPLATES SECONDS OUTPUT prints renderings and CPU seconds.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"log"
	"os"
	"strconv"
	"strings"
	"syscall"
)

type address struct {
	Number              int
	Street, City, State string
	ZipCode             int `json:"zip_code"`
}

type letting struct {
	ID      int
	Title   string
	Address address
}

type page struct {
	SiteName string `json:"site_name"`
	Section  string
	Nav      []struct{ Label, URL string }
	Lettings []letting
}

func truncate(most int, text string) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most-1]) + "…"
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func main() {
	var data page
	source, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(source, &data)
	}
	if err != nil {
		log.Fatal(err)
	}
	most, err := strconv.ParseFloat(os.Args[3], 64)
	if err != nil {
		log.Fatal(err)
	}
	functions := template.FuncMap{"truncate": truncate, "upper": strings.ToUpper}
	list := template.Must(template.New("").Funcs(functions).
		ParseFiles(os.Args[2]+"/base.html", os.Args[2]+"/list.html")).Lookup("base.html")
	var out bytes.Buffer
	var used float64
	renderings := 0
	for start := cpuSeconds(); used < most; used = cpuSeconds() - start {
		for i := 0; i < 10; i++ {
			out.Reset()
			if err := list.Execute(&out, &data); err != nil {
				log.Fatal(err)
			}
		}
		renderings += 10
	}
	if err := os.WriteFile(os.Args[4], out.Bytes(), 0o600); err != nil {
		log.Fatal(err)
	}
	fmt.Println(renderings, used)
}
