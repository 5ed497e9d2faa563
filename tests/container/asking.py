"""What a client of a container does: one question, or a stream that it holds open."""

import json
import socket
import urllib.error
import urllib.request

PATIENCE_S = 60
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def said(base_url, question="Hi", key="any"):
    """The text of the answer to a question at a client's base URL."""
    body = {"model": "gpt-5.1", "messages": [{"role": "user", "content": question}]}
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{base_url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]


def status(url):
    """The status of a GET."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.status


def opened(port):
    """A client that has asked for a stream and got its head."""
    client = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    body = json.dumps({**BODY, "stream": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    client.sendall(head.encode() + body)
    assert client.recv(12).startswith(b"HTTP/1.1 200")
    return client
