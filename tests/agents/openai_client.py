"""OpenAI's own client, unmodified, against `assay serve`: `openai_client.py URL MODEL`, with the texts and the tokens of each as JSON on
standard input. Prints as JSON what it was answered. `openai_client.py URL MODEL deceived` asks an endpoint that is to refuse."""

import json
import sys

import openai


def ask(client, model, texts, ids):
    raw = client.embeddings.with_raw_response.create(model=model, input=texts, encoding_format="float")
    floats = raw.parse()
    # Without a format the client asks for base64, and decodes it.
    decoded = client.embeddings.create(model=model, input=texts)
    tokens = client.embeddings.create(model=model, input=ids)
    one = client.embeddings.create(model=model, input=texts[0], dimensions=8)
    vectors = lambda answer: [entry.embedding for entry in sorted(answer.data, key=lambda entry: entry.index)]
    return {
        "models": [entry.id for entry in client.models.list().data],
        "model": client.models.retrieve(floats.model).id,
        "header": raw.headers["x-assay-request"],
        "assay": floats.model_extra["assay"],
        "tokens": floats.usage.total_tokens,
        "float": vectors(floats),
        "base64": vectors(decoded),
        "ids": vectors(tokens),
        "short": vectors(one),
    }


def refused(client, model, text):
    """What the client makes of an endpoint's refusal: the class of its exception, and what is in it."""
    try:
        answer = client.embeddings.create(model=model, input=text)
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "code": error.code, "type": error.type, "message": str(error)}
    return {"answer": answer.model_dump()}


def main():
    url, model = sys.argv[1:3]
    client = openai.OpenAI(base_url=url, api_key="any")
    given = json.load(sys.stdin)
    done = refused(client, model, given["texts"]) if sys.argv[3:] == ["deceived"] else ask(client, model, given["texts"], given["ids"])
    json.dump(done, sys.stdout)


main()
