"""An OpenAI-compatible server for the logs of other tools: it knows four sums, one of them wrong, in two styles."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

ANSWERS = {"40": "Answer: 42", "10": "It is 7", "5": "<think>5 * 5</think>Answer: 24", "9": ""}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = str(asked["messages"][-1]["content"])
        number = next((word for word in prompt.split() if word in ANSWERS), "9")
        body = json.dumps({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": asked["model"],
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": ANSWERS[number]}}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18},
        }).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
