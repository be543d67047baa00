// Where an object is and what it is called: all that permissions look at, and what the change log files a change under.

/** A cloud and one of its environments. */
export interface Location {
  cloud: string;
  environment: string;
}

export interface Place extends Location {
  name: string;
  /** Of the object itself, when there is one: a refusal is kept with it */
  id?: string;
}
